// The leases: when they end, and who believes what of that.
#include <algorithm>

#include "tests/simulation/etcd/etcd_model.h"
#include "tests/simulation/etcd/etcd_model_impl.h"

namespace tamada::simulation {
namespace {

constexpr Duration time_between_checks = 500ms;

}  // namespace

EtcdModel::Ends* EtcdModel::ends_of(Member& member) {
  if (member.known) return member.believes_to_lead ? &member.believed_ends : nullptr;
  // No majority is needed: a leader answers out of its memory until it steps down.
  return leader_is_in() ? &lease_ends_ : nullptr;
}

void EtcdModel::renew_all_leases() {
  lease_ends_.clear();
  for (const auto& [id, ttl] : store_.leases()) {
    lease_ends_[id] = scheduler_.now() + options_.election_timeout + std::chrono::seconds(ttl);
  }
}

void EtcdModel::arm_lease_check() {
  if (lease_ends_.empty()) return;
  TimePoint earliest = TimePoint::max();
  for (const auto& [id, end] : lease_ends_) earliest = std::min(earliest, end);
  const Duration since = std::max(earliest, scheduler_.now()) - leading_since_;
  const TimePoint when = leading_since_ + (since / time_between_checks + 1) * time_between_checks;
  if (scheduler_.is_pending(lease_check_) && lease_check_at_ <= when) return;
  scheduler_.cancel(lease_check_);
  lease_check_at_ = when;
  lease_check_ = scheduler_.at(when, [this] { check_leases(); });
}

void EtcdModel::check_leases() {
  // Without a majority nothing can be revoked. It is looked at again when there is one.
  if (!is_serving()) return;
  bool any = false;
  for (auto it = lease_ends_.begin(); it != lease_ends_.end();) {
    if (it->second > scheduler_.now()) {
      ++it;
      continue;
    }
    store_.revoke(it->first);
    it = lease_ends_.erase(it);
    ++log_;
    any = true;
  }
  arm_lease_check();
  if (!any) return;
  tell_watches();
  work_off_all();  // keep-alives of what has ended
}

// What ended by its own clock it asks the cluster to revoke, and the request goes to the new leader. It looks every
// 500 ms: whether it did before it learnt, is chance.
void EtcdModel::revoke_from_belief(Member& member) {
  if (random_.chance(1, 2)) return;
  for (const auto& [id, end] : member.believed_ends) {
    if (end > scheduler_.now() || !store_.revoke(id)) continue;
    const auto found = lease_ends_.find(id);
    if (found != lease_ends_.end() && found->second > scheduler_.now())
      revoked_early_[id] = store_.revision();
    lease_ends_.erase(id);
    ++log_;
  }
  tell_watches();
}

}  // namespace tamada::simulation
