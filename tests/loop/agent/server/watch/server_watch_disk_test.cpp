// What the watch says where no server runs.
#include "tests/loop/agent/server/watch/watch_fixture.h"

namespace tamada::agent {

using ha::ControlState;
using ha::DataState;
using ha::ServerKind;

namespace {

bool is_read(const ServerLook& look) {
  return look.view.kind == ServerKind::stopped && look.view.control != ControlState::unknown;
}

}  // namespace

TEST_CASE_METHOD(WatchFixture, "A server that was shut down, and one that has crashed") {
  start_postgres();
  REQUIRE(sees_kind(ServerKind::primary));
  const ha::ServerView running = last.view;

  SECTION("shut down") {
    REQUIRE(signal(SIGINT) == guard::Outcome::done);
    REQUIRE(sees(is_read));
    CHECK(last.view.control == ControlState::shut_down);
    CHECK(last.view.was_primary());
    CHECK(last.view.checkpoint >= running.written);
    CHECK(last.control.has_value());

    // What has changed there is seen, be it after a while.
    std::ofstream(data + "/standby.signal").close();
    CHECK(sees([](const ServerLook& look) { return look.view.has_standby_signal; }));
    std::filesystem::remove(data + "/standby.signal");
  }
  SECTION("crashed") {
    REQUIRE(signal(SIGKILL) == guard::Outcome::done);
    REQUIRE(sees(is_read));
    CHECK(last.view.control == ControlState::in_production);
    CHECK(last.view.was_primary());
  }
  CHECK(last.view.data == DataState::present);
  CHECK(last.view.postmaster == 0);
  CHECK(last.view.system_id == running.system_id);
  CHECK(last.view.timeline == 1);
  CHECK_FALSE(last.status);

  // Another start is another number.
  REQUIRE(start(postgres_launch()) == guard::Outcome::done);
  REQUIRE(sees_kind(ServerKind::primary));
  CHECK(last.view.postmaster != 0);
  CHECK(last.view.postmaster != running.postmaster);
}

TEST_CASE_METHOD(WatchFixture,
                 "A data directory that is not there, empty, foreign, broken, or cannot be read") {
  connect();
  REQUIRE(look_now().view.data == DataState::absent);
  CHECK(last.view.kind == ServerKind::stopped);
  std::filesystem::create_directory(data);
  const auto comes = [this](DataState state) {
    // As after an action, so that it is read at once.
    watch->set_busy(true);
    watch->set_busy(false);
    return sees([state](const ServerLook& look) { return look.view.data == state; });
  };
  std::ofstream(data + "/somebody's.txt") << "not a database";
  CHECK(comes(DataState::unknown));
  CHECK_FALSE(last.problem.empty());
  std::filesystem::remove(data + "/somebody's.txt");
  CHECK(comes(DataState::absent));
  std::filesystem::remove(data);

  make_data();
  REQUIRE(comes(DataState::present));
  const std::string control = data + "/global/pg_control";

  SECTION("cut off") {
    std::filesystem::resize_file(control, 0);
  }
  SECTION("missing") {
    std::filesystem::remove(control);
  }
  SECTION("damaged") {
    std::fstream file(control, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file << "damaged";
  }
  CHECK(comes(DataState::broken));
  CHECK(last.view.kind == ServerKind::stopped);
  CHECK(last.view.system_id.empty());
  CHECK_FALSE(last.control);
  CHECK_FALSE(last.problem.empty());
}

TEST_CASE_METHOD(WatchFixture, "What the programs cannot read is unknown") {
  make_data();
  connect();
  REQUIRE(look_now().view.data == DataState::present);
  AgentConfig config = setup()->config;
  config.postgres.shared.bin_dir = folder.path();
  watch->configure(make_server_setup(std::move(config), ConfigValue::object(), {}, 150000));
  CHECK(sees([](const ServerLook& look) { return look.view.data == DataState::unknown; }));
  CHECK(last.view.kind == ServerKind::stopped);
  CHECK_FALSE(last.problem.empty());
}

TEST_CASE_METHOD(WatchFixture, "While somebody works on the data directory it is not read") {
  make_data();
  connect();
  const ServerLook before = look_now();
  REQUIRE(before.view.control == ControlState::shut_down);
  watch->set_busy(true);
  std::filesystem::resize_file(data + "/global/pg_control", 0);
  // Longer than what is known counts otherwise.
  const int looks_before = looks;
  run_for(6s);
  CHECK(looks > looks_before + 3);
  CHECK(look_now().view.data == DataState::present);
  CHECK(last.view.control == ControlState::shut_down);
  watch->set_busy(false);
  CHECK(look_now().view.data == DataState::broken);
}

TEST_CASE_METHOD(WatchFixture, "Each who asks for a look is told once, of a look that began later") {
  make_data();
  connect();
  int done = 0;
  watch->set_guard(told());
  const TimePoint asked = loop::boot_now();
  for (int i = 0; i < 3; ++i) watch->look([&] { ++done; });
  run_until([this] { return looks > 0; });
  // A change in the middle begins the look anew.
  watch->look([&] { ++done; });
  REQUIRE(start(postgres_launch()) == guard::Outcome::done);
  watch->set_guard(told());
  REQUIRE(run_until([&] { return done == 4; }));
  CHECK(last.view.as_of >= asked);
  run_for(1s);
  CHECK(done == 4);
  // It may be destroyed by whom it tells.
  bool is_gone = false;
  watch->look([&] {
    watch.reset();
    is_gone = true;
  });
  REQUIRE(run_until([&] { return is_gone; }));
}

}  // namespace tamada::agent
