#include "router/shell/stats_desk.h"

#include <fmt/format.h>

#include <utility>

#include "common/loop/clock.h"
#include "router/serve/action_words.h"
#include "router/shell/admin_states.h"

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

}  // namespace

StatsSnapshotPtr StatsDesk::snapshot() {
  return collector_.snapshot(loop::boot_now(), std::chrono::system_clock::now());
}

void StatsDesk::sessions(const std::function<void(SessionListPtr)>& ready) {
  auto list = std::make_shared<SessionList>();
  list->now = loop::boot_now();
  list->wall_now = std::chrono::system_clock::now();
  ready(std::move(list));
}

void StatsDesk::act(const Action& action, const std::function<void(ActionResult)>& done) {
  ActionResult result{Kind::not_possible, "this router cannot do that"};
  if (action.kind == Action::Kind::administer) result = administer(action);
  log_.write(result.kind == Kind::done ? LogLevel::info : LogLevel::warn, "admin.action",
             {{"action", router::name_of(action.kind)},
              {"node", std::string_view(action.node)},
              {"listener", std::string_view(action.listener)},
              {"by", std::string_view(action.by)},
              {"from", std::string_view(action.from)},
              {"result", name_of(result.kind)},
              {"why", std::string_view(result.words)}});
  done(std::move(result));
}

void StatsDesk::record(bool warning, const char* event, const std::string& by, const std::string& from,
                       const std::string& words) {
  log_.write(
      warning ? LogLevel::warn : LogLevel::info, event,
      {{"by", std::string_view(by)}, {"from", std::string_view(from)}, {"why", std::string_view(words)}});
}

ActionResult StatsDesk::administer(const Action& action) {
  const std::optional<std::string> node = admin_.find_node(action.node);
  if (!node) return {Kind::not_found, fmt::format("there is no node {}", action.node)};
  if (!action.listener.empty() && !admin_.has_listener(action.listener)) {
    return {Kind::not_found, fmt::format("there is no listener {}", action.listener)};
  }
  admin_.administer(*node, action.listener, action.state, fmt::format("{} from {}", action.by, action.from));
  return {Kind::done, fmt::format("{} is {} on {}", *node, router::name_of(action.state),
                                  action.listener.empty() ? std::string("every listener") : action.listener)};
}

}  // namespace tamada::router
