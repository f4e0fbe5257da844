// Slots of real servers.
#include "agent/server/slots/slot_keeper.h"

#include "tests/loop/agent/postgres/server_fixture.h"
#include "tests/support/loop_fixture.h"
#include "tests/unit/agent/server/slots/slot_cluster.h"

namespace tamada::agent {
namespace {

using Names = std::vector<std::string>;

class KeeperFixture : public ServerFixture, public loop::LoopFixture {
 public:
  // Of a server that this node keeps, over its socket.
  ServerSetupPtr setup_of(const Server& server) {
    AgentConfig config;
    config.name = cluster.wanted.self;
    config.scope = "test";
    config.postgres.listen_addresses = "127.0.0.1";
    config.postgres.port = static_cast<std::uint16_t>(std::stoi(server.port()));
    config.postgres.data_dir = server.data().path();
    config.postgres.superuser.username = "postgres";
    config.postgres.shared.use_unix_socket = true;
    config.postgres.given.insert("use_unix_socket");
    config.postgres.parameters["unix_socket_directories"] = folder.path();
    config.tags = cluster.tags;
    return make_server_setup(config, ConfigValue::object(), cluster.shared, 150000);
  }
  static ServerLook look_at(const Server& server) {
    ServerLook look;
    look.view.as_of = loop::boot_now();
    look.status = server.status();
    return look;
  }
  void run(const Server& server) {
    const ServerLook look = look_at(server);
    keeper.run(setup_of(server), cluster.now(), look);
  }
  static Names slots_of(const Server& server) {
    Names names;
    for (const SlotStatus& slot : server.status().slots) names.push_back(slot.name);
    return names;
  }
  // Rounds until the server has these.
  bool has_slots(const Server& server, const Names& wanted) {
    const TimePoint deadline = loop::boot_now() + 60s;
    while (slots_of(server) != wanted) {
      if (loop::boot_now() >= deadline) return false;
      run(server);
      run_for(20ms);
    }
    return true;
  }
  // As many rounds as would do whatever there is to do.
  void run_rounds(const Server& server) {
    for (int i = 0; i < 5; ++i) {
      run(server);
      run_for(100ms);
    }
  }

  SlotCluster cluster;
  Names told;
  SlotKeeper keeper{LoopFixture::loop, [this](const std::string& words) { told.push_back(words); }};
};

TEST_CASE_METHOD(KeeperFixture, "a member's slot is there with its key, and is dropped when its time is over",
                 "[slots]") {
  start_primary();
  cluster.shared.member_slots_ttl = 2s;
  cluster.gone("pg3");
  CHECK(has_slots(primary, {"pg2"}));
  cluster.member("PG-3.Example");
  CHECK(has_slots(primary, {"pg2", "pg_3_example"}));
  const ServerStatus status = primary.status();
  CHECK(status.slots[1].restart.has_value());
  run(primary);
  CHECK(keeper.retained() == Names{"pg1", "pg2", "pg_3_example"});
  CHECK(keeper.positions().at("pg1") >= status.flushed.value());
  CHECK(keeper.positions().at("pg_3_example") == status.slots[1].restart);
  CHECK(told.empty());

  const TimePoint gone = loop::boot_now();
  cluster.gone("PG-3.Example");
  CHECK(has_slots(primary, {"pg2"}));
  CHECK(loop::boot_now() - gone >= 1900ms);
  (void)run_until([this] { return told.size() == 2; });
  CHECK(told == Names{"Replication slot 'pg_3_example' for absent cluster member is expired after 2 sec.",
                      "Dropped replication slot 'pg_3_example': nobody is known to need it"});
}

TEST_CASE_METHOD(KeeperFixture, "in pause nothing is dropped, and what is ignored or used stays", "[slots]") {
  start_primary();
  cluster.shared.ignore_slots = {{"theirs", "physical", {}, {}}};
  for (const char* name : {"old", "theirs", "used"}) (void)primary.sql(create_physical_slot(name));
  // Somebody streams by it.
  clone(standby, primary);
  standby.configure(&primary, {{"primary_slot_name", "used"}});
  standby.start();
  wait_until([this] { return primary.status().slots.back().is_active; });

  cluster.wanted.is_paused = true;
  CHECK(has_slots(primary, {"old", "pg2", "pg3", "theirs", "used"}));
  run_rounds(primary);
  CHECK(slots_of(primary) == Names{"old", "pg2", "pg3", "theirs", "used"});

  cluster.wanted.is_paused = false;
  CHECK(has_slots(primary, {"pg2", "pg3", "theirs", "used"}));
  run_rounds(primary);
  CHECK(slots_of(primary) == Names{"pg2", "pg3", "theirs", "used"});
  standby.stop();
  CHECK(has_slots(primary, {"pg2", "pg3", "theirs"}));
}

TEST_CASE_METHOD(KeeperFixture, "a replica's slots are made and follow those of the leader", "[slots]") {
  start_primary();
  clone(standby, primary);
  standby.start();
  cluster.as_replica("pg2");
  cluster.shared.slots = {permanent("backup")};
  CHECK(has_slots(standby, {"backup", "pg1", "pg3"}));

  (void)primary.sql({"CREATE TABLE t AS SELECT generate_series(1, 20000) AS x"});
  const WalPosition written = primary.status().flushed.value();
  wait_until([&] { return standby.status().replayed >= written; });
  CHECK(standby.status().slots[0].restart < written);
  cluster.status({{"backup", written}, {"pg1", written}, {"pg3", written}});
  run(standby);
  CHECK(run_until([this, written] {
    const auto slots = standby.status().slots;
    return std::all_of(slots.begin(), slots.end(),
                       [written](const SlotStatus& slot) { return slot.restart == written; });
  }));
  CHECK(told.empty());
}

TEST_CASE_METHOD(KeeperFixture, "a slot that was made again is not taken for the one that was seen before",
                 "[slots]") {
  start_primary();
  (void)primary.sql(create_physical_slot("old"));
  const ServerLook look = look_at(primary);
  keeper.run(setup_of(primary), cluster.now(), look);
  CHECK(run_until([this] { return slots_of(primary) == Names{"pg2", "pg3"}; }));
  CHECK(run_until([this] { return told.size() == 1; }));
  (void)primary.sql(create_physical_slot("old"));
  keeper.run(setup_of(primary), cluster.now(), look);
  run_for(500ms);
  CHECK(slots_of(primary) == Names{"old", "pg2", "pg3"});
  CHECK(has_slots(primary, {"pg2", "pg3"}));
}

TEST_CASE_METHOD(KeeperFixture, "what fails is told once and tried again", "[slots]") {
  start_primary();
  cluster.gone("pg3");
  // As many as the server can have.
  const int most = std::stoi(primary.sql({"SHOW max_replication_slots"}).rows[0][0].value());
  for (int i = 0; i < most; ++i) {
    (void)primary.sql(create_physical_slot("theirs" + std::to_string(i)));
    cluster.shared.ignore_slots.push_back(ignored("theirs" + std::to_string(i)));
  }
  run_rounds(primary);
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Catch::StartsWith("Failed to create physical replication slot 'pg2': "));
  cluster.shared.ignore_slots.clear();
  CHECK(has_slots(primary, {"pg2"}));
  told.clear();

  // A server that went away between the look and the round.
  ServerLook look = look_at(primary);
  look.status->slots.clear();
  const ServerSetupPtr setup = setup_of(primary);
  primary.stop();
  keeper.run(setup, cluster.now(), look);
  CHECK(run_until([this] { return told.size() == 1; }));
  // Without a look nothing is asked.
  keeper.run(setup, cluster.now(), ServerLook());
  primary.start();
  CHECK(has_slots(primary, {"pg2"}));
}

TEST_CASE_METHOD(KeeperFixture, "nothing is done while nothing is known of the cluster", "[slots]") {
  start_primary();
  (void)primary.sql(create_physical_slot("old"));
  const ServerLook look = look_at(primary);
  WantedSlots unknown;
  unknown.is_leader = true;
  unknown.self = unknown.leader = "pg1";
  keeper.run(setup_of(primary), unknown, look);
  run_for(300ms);
  CHECK(slots_of(primary) == Names{"old"});
}

TEST_CASE_METHOD(KeeperFixture, "it may be destroyed in the middle of a round", "[slots]") {
  start_primary();
  auto other = std::make_unique<SlotKeeper>(LoopFixture::loop, [](const std::string&) {});
  const ServerLook look = look_at(primary);
  other->run(setup_of(primary), cluster.now(), look);
  run_turns(3);
  other.reset();
  run_for(100ms);
}

}  // namespace
}  // namespace tamada::agent
