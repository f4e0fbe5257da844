#include "agent/api/answers/health_check.h"

#include <catch2/catch.hpp>

#include "tests/support/agent_snapshot.h"

using namespace tamada;
using namespace tamada::agent;
using patroni::NodeRole;
using patroni::ServerState;
using patroni::SynchronousMode;

namespace {

int status_of(const NodeSnapshot& snapshot, std::string_view path,
              PrimaryMeans means = PrimaryMeans::takes_writes) {
  const auto question = path.find('?');
  const QueryFields query =
      question == std::string_view::npos ? QueryFields{} : parse_query(path.substr(question + 1));
  return health_status(node_at(snapshot, agent_now), path.substr(0, question), query, means);
}

// leader, primary, standby_leader, replica: as the table of the contract names its columns.
std::string codes(const NodeSnapshot& snapshot, PrimaryMeans means = PrimaryMeans::takes_writes) {
  std::string all;
  for (const char* path : {"/leader", "/primary", "/standby-leader", "/replica"}) {
    all += status_of(snapshot, path, means) == 200 ? '+' : '-';
  }
  return all;
}

NodeSnapshot without_cluster(NodeSnapshot snapshot) {
  snapshot.cluster->valid_until = agent_now;
  return snapshot;
}

NodeSnapshot in_standby_cluster(NodeSnapshot snapshot) {
  snapshot.settings.standby_cluster = true;
  return snapshot;
}

NodeSnapshot sync_standby(SynchronousMode mode, const std::string& listed) {
  NodeSnapshot snapshot = agent_replica();
  snapshot.settings.synchronous_mode = mode;
  snapshot.cluster->sync.leader = "pg1";
  snapshot.cluster->sync.standbys = {listed};
  return snapshot;
}

}  // namespace

TEST_CASE("a leader at rest leads and is primary", "[agent][health_check]") {
  CHECK(codes(agent_leader()) == "++--");
}

TEST_CASE("a replica at rest is a replica", "[agent][health_check]") {
  CHECK(codes(agent_replica()) == "---+");
}

TEST_CASE("without a view of the cluster in pause each node goes on as what it is", "[agent][health_check]") {
  NodeSnapshot leader = without_cluster(agent_leader());
  leader.settings.paused = true;
  leader.lock_valid_until = agent_now - 1s;
  CHECK(codes(leader) == "++--");

  NodeSnapshot replica = without_cluster(agent_replica());
  replica.settings.paused = true;
  CHECK(codes(replica) == "---+");

  NodeSnapshot standby_leader = in_standby_cluster(replica);
  standby_leader.server.role = NodeRole::standby_leader;
  CHECK(codes(standby_leader) == "+-+-");
}

TEST_CASE("without a view of the cluster and without pause only the lock counts", "[agent][health_check]") {
  CHECK(codes(without_cluster(agent_leader())) == "++--");
  NodeSnapshot lapsed = without_cluster(agent_leader());
  lapsed.lock_valid_until = agent_now - 1s;
  CHECK(codes(lapsed) == "----");
}

TEST_CASE("who holds the lock of a standby cluster is its leader and no replica", "[agent][health_check]") {
  NodeSnapshot snapshot = in_standby_cluster(agent_replica());
  snapshot.lock_valid_until = agent_now + 10s;
  snapshot.server.role = NodeRole::standby_leader;
  CHECK(codes(snapshot) == "+-+-");
  snapshot.server.role = NodeRole::replica;  // not yet told to be one
  CHECK(codes(snapshot) == "+-+-");
  // After the cluster became a standby one, before the demotion.
  CHECK(codes(in_standby_cluster(agent_leader())) == "+---");
}

TEST_CASE("who does not hold the lock leads nothing", "[agent][health_check]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.lock_valid_until = TimePoint::min();
  CHECK(codes(snapshot) == "----");
  CHECK(status_of(snapshot, "/health") == 200);
}

TEST_CASE("the lock holds until its end and not at it", "[agent][health_check]") {
  NodeSnapshot snapshot = agent_leader();
  snapshot.lock_valid_until = agent_now + 1us;
  CHECK(codes(snapshot) == "++--");
  snapshot.lock_valid_until = agent_now;
  CHECK(codes(snapshot) == "----");
}

TEST_CASE("a primary that takes no writes yet is none, but for Patroni's rule", "[agent][health_check]") {
  NodeSnapshot promoting = agent_replica();
  promoting.lock_valid_until = agent_now + 10s;
  CHECK(codes(promoting) == "+--+");
  CHECK(codes(promoting, PrimaryMeans::holds_lock) == "++-+");

  NodeSnapshot down = agent_leader();
  down.server.state = ServerState::crashed;
  down.server.facts.reset();
  CHECK(codes(down) == "+---");
  CHECK(codes(down, PrimaryMeans::holds_lock) == "++--");

  NodeSnapshot silent = agent_leader();  // the loop or SQL hangs
  silent.server.facts->valid_until = agent_now;
  CHECK(codes(silent) == "+---");

  NodeSnapshot unconfirmed = agent_leader();  // no synchronous standby has confirmed since the restart
  unconfirmed.server.facts->takes_writes = false;
  CHECK(codes(unconfirmed) == "+---");
}

TEST_CASE("a replica is fit that runs, balances and does not lag", "[agent][health_check]") {
  CHECK(status_of(agent_replica(), "/replica") == 200);
  NodeSnapshot snapshot = agent_replica();
  snapshot.tags.noloadbalance = true;
  CHECK(status_of(snapshot, "/replica") == 503);
  snapshot = agent_replica();
  snapshot.has_diverged = true;
  CHECK(status_of(snapshot, "/replica") == 503);
  CHECK(status_of(snapshot, "/read-only") == 503);
  CHECK(status_of(snapshot, "/health") == 200);
  snapshot = agent_replica();
  snapshot.server.state = ServerState::starting;
  CHECK(status_of(snapshot, "/replica") == 503);
  snapshot = agent_replica();
  snapshot.server.facts.reset();
  CHECK(status_of(snapshot, "/replica") == 503);
  CHECK(status_of(agent_leader(), "/replica") == 503);
}

TEST_CASE("lag is counted from the farther of etcd's position and the receiver's", "[agent][health_check]") {
  NodeSnapshot snapshot = agent_replica();  // 500 bytes behind by both
  CHECK(status_of(snapshot, "/replica?lag=500") == 200);
  CHECK(status_of(snapshot, "/replica?lag=499") == 503);
  snapshot.cluster->leader_position = 4500 + 16 * 1024;
  CHECK(status_of(snapshot, "/replica?lag=16kB") == 200);
  CHECK(status_of(snapshot, "/replica?lag=15kB") == 503);
  snapshot.server.facts->leader_end = 4500 + std::uint64_t{10} * 1024 * 1024 + 1;
  CHECK(status_of(snapshot, "/replica?lag=10MB") == 503);
  CHECK(status_of(snapshot, "/replica?lag=11MB") == 200);
  CHECK(status_of(snapshot, "/replica?lag=1GB") == 200);
  snapshot.cluster->leader_position = 0;
  snapshot.server.facts->leader_end.reset();
  CHECK(status_of(snapshot, "/replica?lag=0") == 200);
}

TEST_CASE("a lag that cannot be read, or is empty, is no limit", "[agent][health_check]") {
  for (const char* lag : {"lots", "", "10 furlongs", "10mb", "--1"}) {
    CHECK(status_of(agent_replica(), std::string("/replica?lag=") + lag) == 200);
  }
}

TEST_CASE("of a query that is given twice the first value counts", "[agent][health_check]") {
  CHECK(status_of(agent_replica(), "/replica?lag=1&lag=1GB") == 503);
  CHECK(status_of(agent_replica(), "/replica?lag=1GB&lag=1") == 200);
  CHECK(status_of(agent_replica(), "/replica?lag=&lag=1") == 503);
}

TEST_CASE("a replica may be asked to stream", "[agent][health_check]") {
  NodeSnapshot snapshot = agent_replica();
  CHECK(status_of(snapshot, "/replica?replication_state=streaming") == 200);
  snapshot.server.facts->replication_state = ReplicationState::in_archive_recovery;
  CHECK(status_of(snapshot, "/replica?replication_state=streaming") == 503);
  CHECK(status_of(snapshot, "/replica?replication_state=in+archive+recovery") == 200);
  CHECK(status_of(snapshot, "/read-only?replication_state=streaming") == 503);
}

TEST_CASE("paths are looked through for words, in Patroni's order", "[agent][health_check]") {
  const NodeSnapshot leader = agent_leader();
  const NodeSnapshot replica = agent_replica();
  CHECK(status_of(leader, "/") == 200);
  CHECK(status_of(replica, "/") == 503);
  for (const char* path : {"/primary", "/master", "/read-write", "/x/primary/y", "/my-master",
                           "/primary/replica", "/leader", "/replica-leader", "/old_leader"}) {
    CAPTURE(path);
    CHECK(status_of(leader, path) == 200);
    CHECK(status_of(replica, path) == 503);
  }
  for (const char* path :
       {"/standby_leader", "/standby-leader", "/standby_leader/primary", "/standby-leader-leader"}) {
    CAPTURE(path);
    CHECK(status_of(leader, path) == 503);
    CHECK(status_of(replica, path) == 503);
  }
  for (const char* path : {"/replica", "/replica/", "/replicas", "/read-only-replica", "/replica-health"}) {
    CAPTURE(path);
    CHECK(status_of(leader, path) == 503);
    CHECK(status_of(replica, path) == 200);
  }
  for (const char* path :
       {"/read-only", "/read-only/x", "/health", "/healthz", "/x-health-y", "/read-only-health"}) {
    CAPTURE(path);
    CHECK(status_of(leader, path) == 200);
    CHECK(status_of(replica, path) == 200);
  }
  for (const char* path : {"/patroni", "/cluster", "/liveness", "/readiness", "/config", "/x", "//",
                           "/PRIMARY", "/sync/", "/quorum/x", "/read-only-syncs", "/events"}) {
    CAPTURE(path);
    CHECK(status_of(leader, path) == 503);
    CHECK(status_of(replica, path) == 503);
  }
}

TEST_CASE("health is good where PostgreSQL runs, whoever leads", "[agent][health_check]") {
  NodeSnapshot snapshot = without_cluster(agent_replica());
  CHECK(status_of(snapshot, "/health") == 200);
  for (const auto& entry : patroni::server_states) {
    snapshot.server.state = entry.state;
    CHECK(status_of(snapshot, "/health") == (entry.state == ServerState::running ? 200 : 503));
  }
  snapshot.server.state = ServerState::running;
  snapshot.server.facts.reset();
  CHECK(status_of(snapshot, "/health") == 503);
}

TEST_CASE("a read-only check takes a standby leader too", "[agent][health_check]") {
  NodeSnapshot snapshot = in_standby_cluster(agent_replica());
  snapshot.lock_valid_until = agent_now + 10s;
  snapshot.server.role = NodeRole::standby_leader;
  CHECK(status_of(snapshot, "/read-only") == 200);
  CHECK(status_of(snapshot, "/read-only-sync") == 200);
}

TEST_CASE("synchronous checks look into the sync key, in the mode that is set", "[agent][health_check]") {
  struct Row {
    SynchronousMode mode;
    const char* listed;
    const char* good;  // sync, quorum, async, read-only-sync, read-only-quorum
  };
  const Row rows[] = {
      {SynchronousMode::on, "pg2", "+--+-"},     {SynchronousMode::on, "PG2", "+--+-"},
      {SynchronousMode::on, "pg3", "--+--"},     {SynchronousMode::quorum, "pg2", "-+--+"},
      {SynchronousMode::quorum, "pg3", "--+--"}, {SynchronousMode::off, "pg2", "--+--"},
  };
  for (const Row& row : rows) {
    const NodeSnapshot snapshot = sync_standby(row.mode, row.listed);
    CAPTURE(static_cast<int>(row.mode), row.listed);
    std::string good;
    for (const char* path : {"/sync", "/quorum", "/async", "/read-only-sync", "/read-only-quorum"}) {
      good += status_of(snapshot, path) == 200 ? '+' : '-';
    }
    CHECK(good == row.good);
    CHECK(status_of(snapshot, "/synchronous") == status_of(snapshot, "/sync"));
    CHECK(status_of(snapshot, "/asynchronous") == status_of(snapshot, "/async"));
    CHECK(status_of(snapshot, "/read-only-synchronous") == status_of(snapshot, "/read-only-sync"));
  }
}

TEST_CASE("synchronous checks need a view of the cluster", "[agent][health_check]") {
  const NodeSnapshot snapshot = without_cluster(sync_standby(SynchronousMode::on, "pg2"));
  for (const char* path : {"/sync", "/async", "/read-only-sync"}) CHECK(status_of(snapshot, path) == 503);
  CHECK(status_of(without_cluster(agent_leader()), "/read-only-sync") == 503);
  CHECK(status_of(agent_leader(), "/read-only-sync") == 200);
  CHECK(status_of(agent_leader(), "/read-only-quorum") == 200);
  CHECK(status_of(agent_leader(), "/sync") == 503);
}

TEST_CASE("a synchronous standby that lags is refused as a replica is", "[agent][health_check]") {
  const NodeSnapshot snapshot = sync_standby(SynchronousMode::on, "pg2");
  CHECK(status_of(snapshot, "/sync?lag=1") == 503);
  CHECK(status_of(snapshot, "/read-only-sync?lag=1") == 503);
  CHECK(status_of(snapshot, "/read-only?lag=1") == 503);
  CHECK(status_of(agent_replica(), "/async?lag=1") == 503);
}

TEST_CASE("tags that are asked for must be there and equal", "[agent][health_check]") {
  NodeSnapshot snapshot = agent_replica();
  snapshot.tags.values = {{"dc", "north"}, {"ssd", "true"}, {"weight", "1"}};
  CHECK(status_of(snapshot, "/replica?tag_dc=north") == 200);
  CHECK(status_of(snapshot, "/replica?tag_dc=north&tag_ssd=true&tag_weight=1") == 200);
  CHECK(status_of(snapshot, "/replica?tag_dc=south") == 503);
  CHECK(status_of(snapshot, "/replica?tag_dc=north&tag_ssd=True") == 503);
  CHECK(status_of(snapshot, "/replica?tag_rack=1") == 503);
  CHECK(status_of(snapshot, "/replica?tag_dc=north&tag_dc=south") == 200);
  CHECK(status_of(snapshot, "/replica?tag_dc=") == 200);
  for (const char* path : {"/health", "/read-only", "/async"}) {
    CHECK(status_of(snapshot, std::string(path) + "?tag_dc=south") == 503);
    CHECK(status_of(snapshot, std::string(path) + "?tag_dc=north") == 200);
  }
}

TEST_CASE("tags are not looked at where somebody asks for the leader", "[agent][health_check]") {
  NodeSnapshot leader = agent_leader();
  for (const char* path : {"/leader", "/primary", "/", "/read-write", "/master"}) {
    CHECK(status_of(leader, std::string(path) + "?tag_dc=south") == 200);
  }
  CHECK(status_of(leader, "/read-only?tag_dc=south") == 503);
}
