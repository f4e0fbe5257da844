// What the StoreDesk writes besides the lock.
#include <utility>

#include "agent/control/store/store_desk.h"
#include "common/patroni/store_keys.h"
#include "common/patroni/sync_value.h"

namespace tamada::agent {
namespace {

constexpr std::chrono::seconds claim_ttl{30};  // of the key `initialize` while a bootstrap runs
constexpr Duration claim_every = 5s;

}  // namespace

void StoreDesk::end_write(std::uint64_t id, const WriteOutcome& outcome) {
  using Ended = ha::WriteEnded::Outcome;
  ha::WriteEnded ended;
  ended.id = id;
  switch (outcome.result) {
    case WriteResult::done:
      ended.outcome = Ended::done;
      ended.revision = outcome.revision;
      break;
    case WriteResult::compare_lost:
      ended.outcome = Ended::lost;
      ended.revision = outcome.found ? outcome.found->mod_revision : 0;
      break;
    case WriteResult::not_done:
    case WriteResult::unknown:
      ended.outcome = Ended::cannot_know;
      break;
  }
  const auto handle = handles_.handle();
  callbacks_.on_store_event(ended);
  // What stands there now is of interest at once.
  if (handle.get() != nullptr && outcome.result != WriteResult::done) poke();
}

void StoreDesk::write_for(std::uint64_t id, KeyWrite write) {
  const bool is_taken = writer_.write(std::move(write), retry_timeout_,
                                      [this, id](const WriteOutcome& outcome) { end_write(id, outcome); });
  if (!is_taken) end_write(id, WriteOutcome{});
}

void StoreDesk::carry_out(const ha::WriteSync& order) {
  if (order.remove) return write_for(order.id, writes_.no_sync(order.expected, lock_guard()));
  patroni::SyncValue value;
  value.leader = order.leader;
  value.voters = order.standbys;
  write_for(order.id, writes_.sync(patroni::write_sync_value(value), order.expected, lock_guard()));
}

void StoreDesk::carry_out(const ha::WriteTimeline& order) {
  write_for(order.id, writes_.newest_timeline(order.timeline, order.expected, lock_guard()));
}

void StoreDesk::carry_out(const ha::ClearFailover& order) {
  write_for(order.id, writes_.no_failover(order.expected));
}

// ---- the bootstrap's claim

void StoreDesk::carry_out(const ha::ClaimInitialize& order) {
  claim_ = std::make_unique<BootstrapLock>(client_, writer_, options_.prefix, claim_ttl);
  claim_->take(retry_timeout_, [this, id = order.id](const WriteOutcome& outcome) {
    if (claim_->is_taken()) keep_claim();
    end_write(id, outcome);
  });
}

void StoreDesk::keep_claim() {
  if (!claim_ || !claim_->is_taken()) return;
  // A claim that is gone is found when the lock is taken under its condition.
  claim_->keep(claim_every, [this](const etcd::Outcome<bool>& kept) {
    if (!kept || *kept) claim_timer_.start(claim_every);
  });
}

void StoreDesk::drop_claim() {
  if (!claim_ || !claim_->is_taken()) return;
  // Where this is not answered the claim goes with its lease, which nobody keeps alive any more.
  claim_timer_.stop();
  claim_->cancel(retry_timeout_, [this](const WriteOutcome&) { poke(); });
}

void StoreDesk::carry_out(const ha::WriteInitialize& order) {
  if (claim_ && claim_->is_taken()) {
    claim_->finish(order.system_id, lock_guard(), retry_timeout_,
                   [this, id = order.id](const WriteOutcome& outcome) { end_write(id, outcome); });
    return;
  }
  const auto& known = keys().initialize();
  write_for(order.id, writes_.initialize(order.system_id, known ? known->mod_revision : 0, lock_guard()));
}

// ---- this node's keys

void StoreDesk::publish_member(const std::string& text) {
  if (text == member_text_ || on_last_member_) return;
  member_text_ = text;
  keep_member();
}

void StoreDesk::publish_last_member(const std::string& text, std::function<void()> done) {
  member_text_ = text;
  on_last_member_ = std::move(done);
  keep_member();
}

void StoreDesk::keep_member() {
  if (member_text_.empty() || member_.is_busy()) return;
  member_.publish(member_text_, retry_timeout_,
                  [this, text = member_text_](const MemberKeeper::Outcome& outcome) {
                    // A newer one came meanwhile. What failed is done with the next keep_member().
                    if (text != member_text_) return keep_member();
                    if (outcome.is_there && on_last_member_) std::exchange(on_last_member_, {})();
                  });
}

void StoreDesk::publish_status(const patroni::StatusValue& status) {
  status_ = status;
  const std::string text = patroni::write_status_value(status);
  if (text == status_text_ || is_writing_status_ || lock_.state().standing() != LockState::Standing::held) {
    return;
  }
  is_writing_status_ = writer_.write(writes_.status(text, lock_guard()), retry_timeout_,
                                     [this, text](const WriteOutcome& outcome) {
                                       is_writing_status_ = false;
                                       if (outcome.result == WriteResult::done) status_text_ = text;
                                     });
}

void StoreDesk::write(KeyWrite write, const std::function<void(const WriteOutcome&)>& done) {
  const auto answered = [done](const WriteOutcome& outcome) {
    if (done) done(outcome);
  };
  if (!writer_.write(std::move(write), retry_timeout_, answered) && done) done(WriteOutcome{});
}

}  // namespace tamada::agent
