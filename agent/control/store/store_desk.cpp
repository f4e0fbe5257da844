#include "agent/control/store/store_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/http/tls_client_options.h"
#include "common/http/url.h"

namespace tamada::agent {
namespace {

std::vector<http::Url> urls_of(const EtcdConfig& etcd) {
  std::vector<http::Url> urls;
  for (const std::string& endpoint : etcd.endpoints) {
    if (auto url = http::Url::parse(endpoint)) urls.push_back(*std::move(url));
  }
  return urls;
}

etcd::ClientOptions client_options(const StoreDesk::Options& options, std::optional<http::TlsContext>& tls) {
  etcd::ClientOptions made;
  made.endpoints = urls_of(options.etcd);
  made.tls = tls ? &*tls : nullptr;
  made.credentials.user = options.etcd.username;
  made.credentials.password = options.etcd.password;
  made.deadline = options.retry_timeout;
  return made;
}

}  // namespace

StoreDesk::StoreDesk(loop::Loop& loop, loop::Resolver& resolver, loop::SideThread& side, Options options,
                     StoreDeskCallbacks& callbacks)
    : options_(std::move(options)),
      callbacks_(callbacks),
      tls_(http::tls_options(options_.etcd.tls, "etcd3")),
      client_(loop, resolver, client_options(options_, tls_)),
      writes_(options_.prefix),
      writer_(client_),
      lock_file_(side, options_.lock_path),
      lock_(loop, client_, {options_.prefix + "leader", options_.name, options_.ttl},
            [this](const LockRecord& record) {
              lock_file_.write(record, [handle = handles_.handle()](const Result<void>& written) {
                StoreDesk* self = handle.get();
                if (self == nullptr || written) return;
                self->callbacks_.on_store_words(
                    fmt::format("the lock's record cannot be written ({}): after a crash of the agent its "
                                "own lock would be a stranger's",
                                written.error().message));
              });
            }),
      member_(loop, client_, writer_, {options_.prefix, options_.name, options_.ttl, options_.loop_wait}),
      ttl_(options_.ttl),
      retry_timeout_(options_.retry_timeout),
      claim_timer_(loop, [this] { keep_claim(); }) {
  tls_->read_aside([&side](auto job, auto then) { side.run(std::move(job), std::move(then)); });
  if (!options_.etcd.use_proxies) {
    endpoints_.emplace(loop, client_, urls_of(options_.etcd), 10 * Duration(options_.ttl), 30s);
  }
}

StoreDesk::~StoreDesk() = default;

void StoreDesk::start(const LockRecord& record) {
  lock_.adopt(record);
  if (lock_.state().standing() == LockState::Standing::unproven) {
    report(Operation::adopted, Outcome::cannot_know);
  }
  watcher_ = std::make_unique<KeyWatcher>(client_, KeyWatcher::Options{options_.prefix},
                                          static_cast<KeyWatcherCallbacks&>(*this));
}

void StoreDesk::set_times(std::chrono::seconds ttl, Duration loop_wait, Duration retry_timeout) {
  ttl_ = ttl;
  retry_timeout_ = retry_timeout;
  lock_.set_ttl(ttl);
  member_.set_times(ttl, loop_wait);
}

// ---- what etcd tells

void StoreDesk::on_keys(const patroni::ClusterKeys& keys) {
  member_.on_keys(keys);
  // Nobody waits for the next cycle: without it this node is no member, and its leader has no address.
  if (!keys.member(options_.name)) keep_member();
  see_lock(keys);
  const auto heard = watcher_->heard();
  if (!heard || is_ahead_of_report(keys)) return;  // on_heard follows
  callbacks_.on_store(keys, *heard);
}

// The key has been moved to the lock's next lease, and who decides has not been told yet: to it that key would be a
// stranger's. The renewal that moves it tells in a moment.
bool StoreDesk::is_ahead_of_report(const patroni::ClusterKeys& keys) const {
  const auto& leader = keys.leader();
  const LockState& state = lock_.state();
  if (!leader || told_lease_ == 0 || leader->create_revision != state.create_revision()) return false;
  const bool is_own = leader->lease == state.lease() || leader->lease == state.next_lease();
  return is_own && leader->lease != told_lease_;
}

// What the watch has told of the leader key can take the lock away, and shows what became of an unanswered transaction.
void StoreDesk::see_lock(const patroni::ClusterKeys& keys) {
  std::optional<etcd::KeyValue> shown;
  if (const auto& leader = keys.leader()) {
    shown.emplace();
    shown->key = writes_.key("leader");
    shown->value = leader->value;
    shown->create_revision = leader->create_revision;
    shown->mod_revision = leader->mod_revision;
    shown->lease = leader->lease;
  }
  lock_.seen(shown, keys.revision());
  const LockState& state = lock_.state();
  if (!waits_for_acquire_ || !shown || shown->lease != state.lease() ||
      state.standing() != LockState::Standing::unproven || lock_.is_busy()) {
    return;
  }
  waits_for_acquire_ = false;
  ha::LockReport found;
  found.operation = Operation::adopted;
  found.epoch = shown->create_revision;
  found.lease = shown->lease;
  told_lease_ = found.lease;
  found.revision = keys.revision();
  callbacks_.on_store_event(found);
}

void StoreDesk::on_heard(TimePoint heard) {
  lock_.end_left_leases();
  const auto handle = handles_.handle();
  if (std::exchange(is_silent_, false)) callbacks_.on_store_silence({});
  if (handle.get() == nullptr) return;
  const patroni::ClusterKeys keys = watcher_->keys();  // the callback may end the watch
  if (is_ahead_of_report(keys)) return;
  callbacks_.on_store(keys, heard);
}

void StoreDesk::on_silence(const std::optional<TimePoint>& /*since*/, const Error& why) {
  if (endpoints_) endpoints_->refresh();
  if (std::exchange(is_silent_, true)) return;
  callbacks_.on_store_silence(why.message);
}

// ---- the lock

void StoreDesk::report(Operation operation, Outcome outcome, std::int64_t revision) {
  const LockState& state = lock_.state();
  ha::LockReport made;
  made.operation = operation;
  made.outcome = outcome;
  made.lease = state.lease();
  told_lease_ = outcome == Outcome::not_held ? 0 : state.lease();
  const bool is_none = operation == Operation::acquire && outcome != Outcome::held;
  made.epoch = is_none ? 0 : state.create_revision();
  made.revision = std::max(revision, outcome == Outcome::held ? state.mod_revision() : 0);
  if (outcome == Outcome::held) made.valid_until = state.deadline();
  callbacks_.on_store_event(made);
}

void StoreDesk::carry_out(const ha::AcquireLock& order) {
  waits_for_acquire_ = false;
  if (lock_.state().standing() != LockState::Standing::unproven) return acquire(order);
  // An earlier transaction was not answered: what came of it is found out first.
  lock_.renew(retry_timeout_, [this, order](const RenewOutcome& outcome) {
    if (outcome.result == RenewResult::lost) return acquire(order);
    if (outcome.result == RenewResult::counted) return report(Operation::acquire, Outcome::held);
    report(Operation::acquire, Outcome::cannot_know);
  });
}

void StoreDesk::acquire(const ha::AcquireLock& order) {
  std::vector<etcd::Compare> conditions;
  conditions.push_back(etcd::Compare::mod_revision_is(writes_.key("sync"), order.sync_revision));
  if (order.needs_claim) {
    if (!claim_) return report(Operation::acquire, Outcome::not_held);
    conditions.push_back(claim_->condition());
  }
  lock_.acquire(std::move(conditions), retry_timeout_,
                [this](const AcquireOutcome& outcome) { on_acquired(outcome); });
}

void StoreDesk::on_acquired(const AcquireOutcome& outcome) {
  const auto handle = handles_.handle();
  switch (outcome.result) {
    case AcquireResult::acquired:
      report(Operation::acquire, Outcome::held);
      break;
    case AcquireResult::compare_lost:
      report(Operation::acquire, Outcome::not_held, outcome.holder ? outcome.holder->mod_revision : 0);
      break;
    case AcquireResult::failed:
      report(Operation::acquire, Outcome::cannot_know);
      break;
    case AcquireResult::unknown:
      waits_for_acquire_ = true;
      report(Operation::acquire, Outcome::cannot_know);
      break;
  }
  if (handle.get() != nullptr) poke();
}

void StoreDesk::carry_out(const ha::RenewLock& /*order*/) {
  const auto standing = lock_.state().standing();
  if (standing != LockState::Standing::held && standing != LockState::Standing::unproven) {
    return report(Operation::renew, Outcome::not_held, keys().revision());
  }
  lock_.renew(retry_timeout_, [this](const RenewOutcome& outcome) {
    switch (outcome.result) {
      case RenewResult::counted:
        is_renewal_failing_ = false;
        return report(Operation::renew, Outcome::held);
      case RenewResult::lost:
        return report(Operation::renew, Outcome::not_held, keys().revision());
      case RenewResult::failed:
        // Once for a silence: it is tried again and again.
        if (outcome.error && !std::exchange(is_renewal_failing_, true))
          callbacks_.on_store_words("the lock was not renewed: " + outcome.error->message);
        return report(Operation::renew, Outcome::cannot_know);
    }
  });
}

void StoreDesk::carry_out(const ha::ReleaseLock& order) {
  std::vector<etcd::Operation> also;
  if (order.final_position) {
    status_.optime = *order.final_position;
    also.push_back({etcd::Operation::Kind::put, writes_.key("status"), patroni::write_status_value(status_)});
  }
  lock_.release(std::move(also), retry_timeout_, [this](const ReleaseOutcome& outcome) {
    const auto handle = handles_.handle();
    const bool is_known = outcome.result != ReleaseResult::unknown;
    report(Operation::release, is_known ? Outcome::not_held : Outcome::cannot_know, keys().revision());
    if (handle.get() != nullptr) poke();
  });
}

}  // namespace tamada::agent
