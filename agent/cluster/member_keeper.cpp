#include "agent/cluster/member_keeper.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::agent {
namespace {

// The first one, and one each for a lease that was gone and a key that somebody else had changed.
constexpr int writes_max = 3;

}  // namespace

MemberKeeper::MemberKeeper(loop::Loop& loop, etcd::Client& client, KeyWriter& writer, Options options)
    : client_(client),
      writer_(writer),
      writes_(options.prefix),
      options_(std::move(options)),
      soon_(loop, [this] {
        finish({true, false, {}});
      }) {}

void MemberKeeper::set_times(std::chrono::seconds ttl, Duration keep_every) {
  options_.keep_every = keep_every;
  if (std::exchange(options_.ttl, ttl) != ttl) is_lease_gone_ = true;
}

Duration MemberKeeper::time_left() const {
  return std::max<Duration>(end_ - loop::boot_now(), 1ms);
}

void MemberKeeper::publish(std::string text, Duration time, std::function<void(const Outcome&)> done) {
  assert(!is_busy());
  text_ = std::move(text);
  end_ = loop::boot_now() + time;
  done_ = std::move(done);
  tries_ = 0;
  ensure_lease();
}

void MemberKeeper::ensure_lease() {
  const bool has_lease = lease_ && lease_->id() != 0 && !is_lease_gone_;
  if (!has_lease) return grant();
  if (loop::boot_now() - kept_at_ < options_.keep_every) return write();
  lease_->keep_alive(
      [this](const etcd::Outcome<etcd::LeaseReply>& outcome) {
        const bool is_gone =
            outcome ? outcome->ttl <= 0 : outcome.error().fault == etcd::RpcFault::lease_not_found;
        if (is_gone) return grant();
        if (!outcome) return finish({false, false, outcome.error().error});
        kept_at_ = outcome->as_of;
        write();
      },
      time_left());
}

void MemberKeeper::grant() {
  lease_.emplace(client_, options_.ttl);
  lease_->grant(
      [this](const etcd::Outcome<etcd::LeaseReply>& outcome) {
        if (!outcome) return finish({false, false, outcome.error().error});
        is_lease_gone_ = false;
        kept_at_ = outcome->as_of;
        write();
      },
      time_left());
}

void MemberKeeper::write() {
  const bool is_there = known_.revision != 0 && known_.lease == lease() && known_.text == text_;
  if (is_there) {
    if (tries_ == 0) return soon_.start(0s);
    return finish({true, true, {}});
  }
  ++tries_;
  const bool is_taken = writer_.write(writes_.member(options_.name, text_, lease(), known_.revision),
                                      time_left(), [handle = handles_.handle()](const WriteOutcome& outcome) {
                                        if (MemberKeeper* self = handle.get()) self->on_written(outcome);
                                      });
  if (!is_taken)
    finish({false, false, Error{ErrorKind::unavailable, "too many writes of the member key wait"}});
}

void MemberKeeper::on_written(const WriteOutcome& outcome) {
  if (outcome.result == WriteResult::done) {
    known_ = {outcome.revision, outcome.revision, text_, lease()};
    return finish({true, true, {}});
  }
  const bool may_try = tries_ < writes_max && loop::boot_now() < end_;
  if (outcome.lease_is_gone && may_try) return grant();
  if (outcome.was_looked_at) {
    const auto& key = outcome.found;
    known_ = key ? Known{key->mod_revision, key->mod_revision, key->value, key->lease} : Known{};
  }
  if (outcome.result == WriteResult::compare_lost && may_try) {
    if (outcome.found && outcome.found->lease != lease()) ++foreign_changes_;
    return write();
  }
  finish({false, false,
          outcome.error.value_or(Error{ErrorKind::unavailable, "somebody else changes the member key"})});
}

void MemberKeeper::on_keys(const patroni::ClusterKeys& keys) {
  // A store that was wiped or restored counts anew: what was written before says nothing of it.
  if (keys.revision() < told_revision_) known_ = {};
  told_revision_ = keys.revision();
  const auto key = keys.member(options_.name);
  if (key) return learn({key->mod_revision, keys.revision(), key->text, key->lease});
  learn({0, keys.revision(), {}, 0});
}

// What was written here may be newer than what the watch has told.
void MemberKeeper::learn(const Known& known) {
  if (known.as_of < known_.as_of) return;
  known_ = known;
}

void MemberKeeper::finish(const Outcome& outcome) {
  const auto done = std::exchange(done_, {});
  done(outcome);
}

}  // namespace tamada::agent
