#include "router/control/stats_desk.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "common/loop/clock.h"
#include "router/api/backend/action_words.h"
#include "router/balance/balancing.h"
#include "router/control/admin_states.h"

namespace tamada::router {
namespace {

using Kind = ActionResult::Kind;

std::string_view name_of(ActionResult::Kind kind) {
  switch (kind) {
    case Kind::done:
      return "done";
    case Kind::not_found:
      return "not_found";
    case Kind::refused:
      return "refused";
    case Kind::failed:
      return "failed";
    case Kind::not_possible:
      return "not_possible";
  }
  return "failed";
}

ActionResult gone(const std::string& node) {
  return {Kind::not_found,
          fmt::format("{} was taken out of the configuration; only its last sessions run", node)};
}

std::string_view words_of(AdminState state) {
  switch (state) {
    case AdminState::ready:
      return "ready again";
    case AdminState::drain:
      return "drained";
    case AdminState::maintenance:
      return "in maintenance";
  }
  return "ready again";
}

}  // namespace

StatsSnapshotPtr StatsDesk::snapshot() {
  return parts_.collector.snapshot(loop::boot_now(), std::chrono::system_clock::now());
}

void StatsDesk::sessions(const std::function<void(SessionListPtr)>& ready) {
  parts_.pool.sessions([ready](SessionList list) { ready(std::make_shared<SessionList>(std::move(list))); });
}

void StatsDesk::act(const Action& action, const Done& done) {
  const Done tell = [this, action, done](const ActionResult& result) {
    log(action, result);
    done(result);
  };
  if (parts_.admin.is_handing_over()) {
    return tell({ActionResult::Kind::refused,
                 "another process of this router is taking over at this moment: ask it, again"});
  }
  switch (action.kind) {
    case Action::Kind::administer:
      return tell(administer(action));
    case Action::Kind::set_weight:
      return tell(set_weight(action));
    case Action::Kind::set_address:
      return tell(set_address(action));
    case Action::Kind::clear_maxima:
      return tell(clear_maxima());
    case Action::Kind::clear_counters:
      return tell(clear_counters());
    case Action::Kind::end_session:
      return end_session(action, tell);
    case Action::Kind::end_sessions:
      return end_sessions(action, tell);
    case Action::Kind::switchover:
    case Action::Kind::restart:
    case Action::Kind::reinitialize:
      return patroni_.act(action, tell);
  }
}

void StatsDesk::log(const Action& action, const ActionResult& result) {
  parts_.log.write(result.kind == Kind::done ? LogLevel::info : LogLevel::warn, "admin.action",
                   {{"action", router::name_of(action.kind)},
                    {"node", std::string_view(action.node)},
                    {"listener", std::string_view(action.listener)},
                    {"by", std::string_view(action.by)},
                    {"from", std::string_view(action.from)},
                    {"result", name_of(result.kind)},
                    {"why", std::string_view(result.words)}});
}

tl::expected<StatsDesk::Subject, ActionResult> StatsDesk::subject_of(const Action& action) const {
  const std::optional<std::string> name = parts_.admin.find_node(action.node);
  if (!name) {
    return tl::make_unexpected(
        ActionResult{Kind::not_found, fmt::format("there is no node {}", action.node)});
  }
  Subject subject;
  subject.name = *name;
  for (const NodeView& node : parts_.driver.view().nodes(loop::boot_now())) {
    // Configured ones come first; one that is leaving may have the same name.
    if (node.configured_name != *name || subject.node.is_set()) continue;
    subject.node = node.id;
    subject.leaving = node.leaving;
  }
  subject.where = action.listener.empty() ? std::string("every listener") : action.listener;
  for (const ListenerConfig& listener : parts_.config.listeners) {
    if (!action.listener.empty() && listener.policy.name != action.listener) continue;
    subject.listeners.push_back(listener.policy.id);
  }
  if (subject.listeners.empty()) {
    return tl::make_unexpected(
        ActionResult{Kind::not_found, fmt::format("there is no listener {}", action.listener)});
  }
  return subject;
}

ActionResult StatsDesk::administer(const Action& action) {
  const auto subject = subject_of(action);
  if (!subject) return subject.error();
  if (subject->leaving) return gone(subject->name);
  parts_.admin.administer(subject->name, action.listener, action.state,
                          fmt::format("{} from {}", action.by, action.from));
  return {Kind::done, fmt::format("{} is {} on {}", subject->name, words_of(action.state), subject->where)};
}

ActionResult StatsDesk::set_weight(const Action& action) {
  if (action.weight > weight_max) {
    return {Kind::refused, fmt::format("weight: found {}, expected 0 to {}", action.weight, weight_max)};
  }
  const auto subject = subject_of(action);
  if (!subject) return subject.error();
  if (subject->leaving) return gone(subject->name);
  for (const ListenerId listener : subject->listeners) {
    parts_.pool.set_weight(listener, subject->node, action.weight);
  }
  return {Kind::done, fmt::format("{} has weight {} on {}", subject->name, action.weight, subject->where)};
}

ActionResult StatsDesk::set_address(const Action& action) {
  const auto subject = subject_of(action);
  if (!subject) return subject.error();
  if (subject->leaving) return gone(subject->name);
  parts_.admin.set_address(subject->node, action.address);
  if (!action.address.is_set()) {
    return {Kind::done, fmt::format("{} is where the configuration says again", subject->name)};
  }
  return {Kind::done,
          fmt::format("{} is at {} until the next start", subject->name, action.address.to_string())};
}

ActionResult StatsDesk::clear_maxima() {
  parts_.pool.clear_maxima();
  parts_.collector.clear_maxima();
  return {Kind::done, "all maxima begin anew"};
}

ActionResult StatsDesk::clear_counters() {
  parts_.pool.clear_counters();
  parts_.collector.clear_maxima();
  return {Kind::done, "all counters begin anew"};
}

void StatsDesk::end_session(const Action& action, const Done& done) {
  const std::string words = fmt::format("session {}.{}", action.session.worker, action.session.number);
  parts_.pool.end_session(action.session, [words, done](bool found) {
    if (found) return done({Kind::done, words + " was ended"});
    done({Kind::not_found, fmt::format("there is no {}: it may have ended by itself", words)});
  });
}

void StatsDesk::end_sessions(const Action& action, const Done& done) {
  NodeId node;
  std::string whose = "any node";
  if (!action.node.empty()) {
    const auto subject = subject_of(action);
    if (!subject) return done(subject.error());
    node = subject->node;
    whose = subject->name;
  }
  ListenerId only;
  if (!action.listener.empty()) {
    for (const ListenerConfig& listener : parts_.config.listeners) {
      if (listener.policy.name == action.listener) only = listener.policy.id;
    }
    if (!only.is_set())
      return done({Kind::not_found, fmt::format("there is no listener {}", action.listener)});
  }
  const std::string where = action.listener.empty() ? std::string("every listener") : action.listener;
  parts_.pool.end_sessions(node, only, [whose, where, done](std::uint64_t count) {
    done({Kind::done,
          fmt::format("{} session{} of {} on {} ended", count, count == 1 ? "" : "s", whose, where)});
  });
}

}  // namespace tamada::router
