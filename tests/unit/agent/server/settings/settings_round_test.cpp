// plan_round(): what the keeper may write, by what it was told and saw.
#include "agent/server/settings/settings_round.h"

#include "tests/unit/agent/server/settings/a_setup.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

ServerLook look_at(ha::ServerKind kind) {
  ServerLook look;
  look.view.kind = kind;
  if (kind == ha::ServerKind::primary || kind == ha::ServerKind::standby) {
    look.status.emplace();
    look.status->primary_conninfo = "host=seen";
    look.status->primary_slot_name = "seen_slot";
    look.status->synchronous_standby_names = "seen";
  }
  return look;
}

}  // namespace

TEST_CASE("nothing is written for a server that does not run, or of which nothing is known",
          "[settings_round]") {
  const SettingsWish wish{a_setup(), {}, leader};
  for (const auto kind :
       {ha::ServerKind::unknown, ha::ServerKind::stopped, ha::ServerKind::stopping, ha::ServerKind::hung}) {
    CHECK_FALSE(plan_round(wish, look_at(kind), std::nullopt));
  }
  ServerLook silent = look_at(ha::ServerKind::standby);
  silent.status.reset();
  CHECK(plan_round(wish, silent, std::nullopt));
  CHECK_FALSE(plan_round({a_setup(), {}, {}}, silent, std::nullopt));
}

TEST_CASE("a standby keeps its upstream while nobody says another", "[settings_round]") {
  const SettingsWish nobody{a_setup(), {}, {}};
  const auto look = look_at(ha::ServerKind::standby);
  CHECK(plan_round(nobody, look, std::nullopt)->role.kept == ServerRole::Kept{"host=seen", "seen_slot"});
  // What was written may not have been read yet.
  ServerFiles written;
  written.primary_conninfo = "host=written";
  CHECK(plan_round(nobody, look, written)->role.kept == ServerRole::Kept{"host=written", ""});
  SettingsWish off = nobody;
  off.wanted.receiver_off = 3;
  CHECK_FALSE(plan_round(off, look, written)->role.kept);
  CHECK(plan_round({a_setup(), {}, leader}, look, written)->role.upstream == leader);
}

TEST_CASE("what is in force of the synchronous standbys is what was written, else what was seen",
          "[settings_round]") {
  const SettingsWish wish{a_setup(), {}, {}};
  const auto look = look_at(ha::ServerKind::primary);
  CHECK(plan_round(wish, look, std::nullopt)->former_synchronous == "seen");
  ServerFiles written;
  CHECK(plan_round(wish, look, written)->former_synchronous == "seen");
  written.synchronous_names = "written";
  CHECK(plan_round(wish, look, written)->former_synchronous == "written");
}

TEST_CASE("a server that starts gets only a new upstream, and only as a standby", "[settings_round]") {
  const auto look = look_at(ha::ServerKind::starting);
  const auto plan = plan_round({a_setup(), {}, leader}, look, std::nullopt);
  REQUIRE(plan);
  CHECK(plan->role.is_standby);
  CHECK(plan->only_with_signal);
  CHECK_FALSE(plan_round({a_setup(), {}, {}}, look, std::nullopt));
  SettingsWish off{a_setup(), {}, leader};
  off.wanted.receiver_off = 3;
  CHECK_FALSE(plan_round(off, look, std::nullopt));
}

TEST_CASE("a server that does not have what was written is seen", "[settings_round]") {
  ServerFiles written;
  written.primary_conninfo = "host=seen";
  written.primary_slot_name = "seen_slot";
  written.synchronous_names = "mine";
  const auto standby_look = look_at(ha::ServerKind::standby);
  ServerStatus status = *standby_look.status;
  status.in_recovery = true;
  RoundPlan plan{a_setup(), standby(), {}, "", false};
  CHECK(differing_setting(plan, written, status).empty());  // nobody wants other names than the user's
  plan.wanted.synchronous_standbys = {"mine"};
  CHECK(differing_setting(plan, written, status) == "synchronous_standby_names");
  status.synchronous_standby_names = "mine";
  CHECK(differing_setting(plan, written, status).empty());
  status.primary_slot_name = "";
  CHECK(differing_setting(plan, written, status) == "primary_slot_name");
  plan.role = primary();
  CHECK(differing_setting(plan, written, status).empty());
}
