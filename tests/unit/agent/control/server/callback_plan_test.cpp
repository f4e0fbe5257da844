#include "agent/control/server/callback_plan.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::agent;
using ha::ActionKind;
using ha::ServerKind;

namespace {

using Calls = std::vector<PlannedCallback>;

}  // namespace

TEST_CASE("a server that comes up calls on_start, once") {
  CallbackPlan plan;
  CHECK(plan.on_look(ServerKind::starting, false, false).empty());
  CHECK(plan.on_look(ServerKind::standby, false, true).empty());
  CHECK(plan.on_look(ServerKind::standby, false, false) == Calls{{CallbackEvent::on_start, "replica"}});
  CHECK(plan.on_look(ServerKind::standby, false, false).empty());
}

TEST_CASE("nothing is called before clients are let in") {
  CallbackPlan plan;
  CHECK(plan.on_look(ServerKind::primary, true, false).empty());
  CHECK(plan.on_look(ServerKind::primary, false, false) == Calls{{CallbackEvent::on_start, "primary"}});
}

TEST_CASE("a change of the role calls on_role_change alone") {
  CallbackPlan plan;
  (void)plan.on_look(ServerKind::standby, false, false);
  CHECK(plan.on_action_ended(ActionKind::promote, true).empty());
  CHECK(plan.on_look(ServerKind::primary, false, false) == Calls{{CallbackEvent::on_role_change, "primary"}});
  CHECK(plan.on_action_ended(ActionKind::stop_fast, true) == Calls{{CallbackEvent::on_stop, "primary"}});
  (void)plan.on_look(ServerKind::stopped, false, false);
  CHECK(plan.on_look(ServerKind::standby, false, false) == Calls{{CallbackEvent::on_role_change, "replica"}});
}

TEST_CASE("a restart calls on_restart, a failed one nothing") {
  CallbackPlan plan;
  (void)plan.on_look(ServerKind::primary, false, false);
  (void)plan.on_action_ended(ActionKind::restart, true);
  CHECK(plan.on_look(ServerKind::primary, false, false) == Calls{{CallbackEvent::on_restart, "primary"}});
  (void)plan.on_action_ended(ActionKind::restart, false);
  CHECK(plan.on_look(ServerKind::primary, false, false).empty());
}

TEST_CASE("a primary that cannot be started again is demoted") {
  CallbackPlan plan;
  (void)plan.on_look(ServerKind::primary, false, false);
  (void)plan.on_look(ServerKind::stopped, false, false);
  CHECK(plan.on_action_ended(ActionKind::start_primary, false) ==
        Calls{{CallbackEvent::on_role_change, "demoted"}});
  CHECK(plan.on_action_ended(ActionKind::start_primary, false).empty());
  CHECK(plan.on_look(ServerKind::primary, false, false) == Calls{{CallbackEvent::on_role_change, "primary"}});
}

TEST_CASE("a server that crashed and came up again in its role calls on_start") {
  CallbackPlan plan;
  (void)plan.on_look(ServerKind::primary, false, false);
  (void)plan.on_look(ServerKind::stopped, false, false);
  CHECK(plan.on_action_ended(ActionKind::start_primary, true).empty());
  CHECK(plan.on_look(ServerKind::primary, false, false) == Calls{{CallbackEvent::on_start, "primary"}});
}
