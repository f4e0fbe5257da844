// The rows "bootstrap" and "finish bootstrap": a cluster's first server, and why there must not be one.
#include <fmt/format.h>

#include "agent/ha/decider_impl.h"

namespace tamada::ha {
namespace {

// A member that had data, and is there for this long without a sign of them, has none any more: it would have started them.
constexpr Duration emptied_after = 5min;

}  // namespace

// A cluster's data are remembered also of a member whose key has gone. What is seen of a bootstrap that may yet fail is not.
void Decider::Impl::note_data(const StoreView& view) {
  for (const MemberView& member : view.members) {
    if (member.has_data && member.name != node_.name && !view.initialize.empty())
      had_data_[member.name] = now_;
  }
  for (auto& [name, at] : had_data_) {
    if (view.member(name) == nullptr) at = now_;
  }
}

// A member of whom the cluster's data are known, or were, so that nobody may found a new cluster. Empty: nobody is known.
std::string Decider::Impl::other_with_data() const {
  if (!store_) return {};
  for (const MemberView& member : store_->members) {
    if (member.name != node_.name && member.has_data) return member.name;
  }
  for (const auto& [name, at] : had_data_) {
    if (now_ < at + emptied_after) return name;
  }
  return {};
}

void Decider::Impl::bootstrap() {
  if (!has_claim_) {
    because("trying to bootstrap a new cluster");
    return claim();
  }
  begin(ActionKind::bootstrap);
}

void Decider::Impl::claim() {
  if (claim_write_) return;
  claim_write_ = next_id();
  order(ClaimInitialize{*claim_write_});
}

// Clients may come, where it runs with the lock; or there is nothing any more that they could come to.
void Decider::Impl::end_bootstrap() {
  is_bootstrapping_ = has_failed_bootstrap_ = has_claim_ = false;
}

// Somebody else has made the cluster, or has its data: what was made here, and nobody has used, must not become it.
bool Decider::Impl::is_bootstrap_in_vain() const {
  if (!store_->initialize.empty() && !server_.system_id.empty()) {
    return store_->initialize != server_.system_id;
  }
  return lock_standing() == LockStanding::foreign || (!held_ && !other_with_data().empty());
}

void Decider::Impl::finish_bootstrap() {
  has_failed_bootstrap_ = has_failed_bootstrap_ || is_bootstrap_in_vain();
  if (has_failed_bootstrap_) {
    because("somebody else has made the cluster meanwhile");
    if (server_.kind != ServerKind::stopped) return begin(ActionKind::stop_immediate);
    if (held_) return release();
    return begin(ActionKind::set_aside);
  }
  // The identifier may have been written by a transaction of which no answer came.
  const bool is_founded = !server_.system_id.empty() && store_->initialize == server_.system_id;
  if (!held_ && is_founded) {
    if (server_.kind != ServerKind::stopped) return begin(ActionKind::stop_immediate);
    return end_bootstrap();
  }
  if (!held_) {
    if (has_claim_) return acquire();
    // Its lease has ended meanwhile: etcd was silent for too long, or has lost it.
    if (lock_standing() == LockStanding::free && !store_->has_initialize) claim();
    return;
  }
  if (lock_standing() != LockStanding::mine) return;
  if (server_.kind == ServerKind::stopped) return start_in_place();
  if (server_.kind != ServerKind::primary) return;
  if (!is_armed()) return arm();
  if (is_founded) {
    tell(HaFactKind::initialized, "initialized a new cluster");
    return end_bootstrap();
  }
  if (initialize_write_ || server_.system_id.empty() || !store_is_fresh()) return;
  initialize_write_ = next_id();
  order(WriteInitialize{*initialize_write_, server_.system_id});
}

// Of the row "wait for data": why nothing is done about it.
void Decider::Impl::tell_why_no_data() {
  if (server_.data == DataState::broken) {
    return because(
        "the control file in the data directory cannot be read; restore or remove the directory, or let the "
        "leader's "
        "copy replace it (remove_data_directory_on_diverged_timelines)");
  }
  if (!store_ || store_->leader || store_->has_initialize) return;
  const std::string other = other_with_data();
  if (!other.empty())
    because(fmt::format("{} has data, or had when it was last seen: no new cluster is made", other));
}

}  // namespace tamada::ha
