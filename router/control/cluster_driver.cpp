#include "router/control/cluster_driver.h"

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::router {

ClusterDriver::ClusterDriver(loop::Loop& loop, EventLog& log, loop::Resolver& resolver,
                             loop::SideThread& side, std::uint32_t seed, Callbacks callbacks)
    : loop_(loop),
      log_(log),
      resolver_(resolver),
      side_(side),
      seed_(seed),
      callbacks_(std::move(callbacks)),
      poller_(loop, log, resolver, side, [this](const ClusterEvent& event) { apply(event); }),
      tick_(loop, [this] { carry_out(view_->tick(loop::boot_now())); }) {}

ClusterDriver::~ClusterDriver() = default;

void ClusterDriver::configure(const Settings& settings) {
  const TimePoint now = loop::boot_now();
  poller_.configure(settings.poller);
  if (view_ == nullptr) {
    view_ = std::make_unique<ClusterView>(settings.policy, seed_, now);
    carry_out(view_->tick(now));
  } else {
    carry_out(view_->configure(settings.policy, now));
  }
  watch_leader_key(settings.etcd, settings.policy.scope);
}

void ClusterDriver::apply(const ClusterEvent& event) {
  if (const auto* hint = std::get_if<SessionHint>(&event)) {
    if (!was_answered(hint->kind)) poller_.session_failed(hint->node);
  }
  if (const auto* session = std::get_if<NoConnection>(&event)) poller_.session_failed(session->node);
  carry_out(view_->apply(event, loop::boot_now()));
  if (const auto* answer = std::get_if<ClusterAnswer>(&event); answer != nullptr && answer->members) {
    callbacks_.on_members(*answer->members);
  }
  if (const auto* answer = std::get_if<PollAnswer>(&event)) callbacks_.on_answer(*answer);
}

void ClusterDriver::acknowledged(Generation generation) {
  carry_out(view_->acknowledged(generation, loop::boot_now()));
}

void ClusterDriver::sessions_gone(NodeId node) {
  carry_out(view_->sessions_gone(node, loop::boot_now()));
}

void ClusterDriver::administer(NodeId node, ListenerId listener, AdminState state) {
  carry_out(view_->administer(node, listener, state, loop::boot_now()));
}

std::optional<EtcdStats> ClusterDriver::etcd_status() const {
  if (etcd_ == nullptr) return std::nullopt;
  return etcd_->status();
}

void ClusterDriver::tell(const Fact& whole) {
  const Fact fact = bounded(whole);
  const LogLevel level = fact.warning ? LogLevel::warn : LogLevel::info;
  if (fact.node.empty()) {
    log_.write(level, name_of(fact.kind), {{"why", std::string_view(fact.words)}});
  } else {
    log_.write(level, name_of(fact.kind),
               {{"node", std::string_view(fact.node)}, {"why", std::string_view(fact.words)}});
  }
  history_.add(fact, std::chrono::system_clock::now());
  callbacks_.on_fact(fact);
}

void ClusterDriver::carry_out(const Step& step) {
  callbacks_.on_turn();
  for (const Fact& fact : step.facts) tell(fact);
  if (step.table != nullptr) callbacks_.publish(step.table);
  for (const Ask& ask : step.asks) poller_.ask(ask);
  tick_.start(std::max<Duration>(step.next_tick - loop::boot_now(), 1ms));
}

void ClusterDriver::watch_leader_key(const std::optional<EtcdConfig>& etcd, const std::string& scope) {
  if (etcd == etcd_config_ && scope == etcd_scope_) return;
  const bool was_silent = etcd_ != nullptr && etcd_->is_silent();
  etcd_.reset();
  etcd_config_ = etcd;
  etcd_scope_ = scope;
  if (!etcd || scope.empty()) return;
  auto watch = LeaderKeyWatch::make(
      loop_, resolver_, side_, *etcd, scope, was_silent,
      {[this](const LeaderKey& key) { apply(key); }, [this](const Fact& fact) { tell(fact); },
       [this](const PlannedChange& change) { apply(change); }});
  if (watch) {
    etcd_ = *std::move(watch);
  } else {
    tell({FactKind::etcd_silent, "", watch.error().message,
          true});  // the loader checks the hosts; nothing is asked now
  }
}

}  // namespace tamada::router
