// Against a real etcd.
#include "common/etcd/watch.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/loop/common/etcd/etcd_process.h"

using namespace tamada;
using namespace tamada::etcd;

namespace {

ClientOptions patient() {
  ClientOptions options;
  options.deadline = 20s;
  return options;
}

WatchOptions quick(Scope scope = Scope::key) {
  WatchOptions options;
  options.scope = scope;
  options.heartbeat = 100ms;
  options.timeout = 1s;
  options.max_backoff = 500ms;
  return options;
}

}  // namespace

TEST_CASE_METHOD(EtcdFixture, "a key is told at first, then each change of it", "[etcd][watch]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, patient());
  REQUIRE(put(*client, "/s/other", "x"));
  WatchLog log;
  WatchOptions slow = quick();
  slow.heartbeat = 60s;  // so that it is the stream that tells
  const Watch watch(*client, "/s/leader", slow, log);
  REQUIRE(run_until([&] { return log.fresh > 0; }));
  CHECK(log.changes == std::vector<std::string>{"/s/leader is gone"});

  const auto revision = put(*client, "/s/leader", "a").value().header.revision;
  REQUIRE(run_until([&] { return log.last() == "/s/leader=a"; }));
  CHECK(log.last_revision == revision);
  REQUIRE(put(*client, "/s/other", "y"));
  REQUIRE(put(*client, "/s/leader", "b"));
  remove(*client, "/s/leader");
  REQUIRE(run_until([&] { return log.last() == "/s/leader is gone"; }));
  CHECK(log.changes ==
        std::vector<std::string>{"/s/leader is gone", "/s/leader=a", "/s/leader=b", "/s/leader is gone"});
  CHECK(log.silences.empty());
  // A change is followed by a heartbeat that proves it fresh.
  const TimePoint before = loop::boot_now();
  REQUIRE(put(*client, "/s/leader", "c"));
  REQUIRE(run_until([&] { return log.as_of >= before; }));
}

TEST_CASE_METHOD(EtcdFixture, "freshness goes on while nothing changes", "[etcd][watch]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, patient());
  REQUIRE(put(*client, "/s/leader", "a"));
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.fresh >= 5; }));
  CHECK(log.changes.size() == 1);
  CHECK(loop::boot_now() - log.as_of < 5s);
}

TEST_CASE_METHOD(EtcdFixture, "all keys of a prefix are told, and only them", "[etcd][watch]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, patient());
  REQUIRE(put(*client, "/s/a", "1"));
  REQUIRE(put(*client, "/s/b", "2"));
  REQUIRE(put(*client, "/t/a", "3"));
  WatchLog log;
  const Watch watch(*client, "/s/", quick(Scope::prefix), log);
  REQUIRE(run_until([&] { return log.fresh > 0; }));
  CHECK(log.changes == std::vector<std::string>{"/s/a=1", "/s/b=2"});
  REQUIRE(txn(*client,
              {{}, {{Operation::Kind::remove, "/s/a", "", 0}, {Operation::Kind::put, "/s/c", "4", 0}}, {}}));
  REQUIRE(run_until([&] { return log.changes.size() == 4; }));
  std::sort(log.changes.begin() + 2, log.changes.end());
  CHECK(log.changes[2] == "/s/a is gone");
  CHECK(log.changes[3] == "/s/c=4");
}

TEST_CASE_METHOD(EtcdFixture, "an etcd that restarts is told as one silence, and missed changes after it",
                 "[etcd][watch]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, patient());
  REQUIRE(put(*client, "/s/leader", "a"));
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.fresh > 2; }));

  etcd.kill(SIGKILL);
  REQUIRE(run_until([&] { return log.silences.size() == 1; }));
  const int fresh = log.fresh;
  run_for(1s);
  CHECK(log.silences.size() == 1);
  CHECK(log.fresh == fresh);
  CHECK(log.changes == std::vector<std::string>{"/s/leader=a"});

  etcd.start();
  REQUIRE(run_until([&] { return log.fresh > fresh; }));
  CHECK(log.changes == std::vector<std::string>{"/s/leader=a"});  // nothing new, nothing told
  REQUIRE(put(*client, "/s/leader", "b"));
  REQUIRE(run_until([&] { return log.last() == "/s/leader=b"; }));
  etcd.kill(SIGTERM);
  REQUIRE(run_until([&] { return log.silences.size() == 2; }));
}

TEST_CASE_METHOD(EtcdFixture, "a frozen etcd is noticed, and believed again when it goes on",
                 "[etcd][watch]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, patient());
  REQUIRE(put(*client, "/s/leader", "a"));
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.fresh > 2; }));
  etcd.kill(SIGSTOP);
  run_turns();
  const TimePoint stopped = loop::boot_now();
  REQUIRE(run_until([&] { return log.silences.size() == 1; }));
  CHECK(log.kinds[0] == ErrorKind::timeout);
  CHECK(log.silences[0].find("no whole answer within ") != std::string::npos);
  CHECK(log.as_of <= stopped);
  const int fresh = log.fresh;
  etcd.kill(SIGCONT);
  REQUIRE(run_until([&] { return log.fresh > fresh; }));
  CHECK(log.as_of > stopped);
}

TEST_CASE_METHOD(EtcdFixture, "an etcd that is not there at first is waited for without spinning",
                 "[etcd][watch]") {
  EtcdProcess etcd;
  etcd.kill(SIGKILL);
  const auto client = client_of({etcd.url()}, patient());
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  run_for(1s);
  CHECK(log.silences.size() == 1);
  CHECK(log.kinds[0] == ErrorKind::refused);
  CHECK(log.changes.empty());
  etcd.start();
  REQUIRE(run_until([&] { return log.fresh > 0; }));
  CHECK(log.changes == std::vector<std::string>{"/s/leader is gone"});
}

TEST_CASE_METHOD(EtcdFixture, "a cluster that is built anew is taken as it is", "[etcd][watch]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, patient());
  for (int i = 0; i < 10; ++i) REQUIRE(put(*client, "/s/leader", "old"));
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.last() == "/s/leader=old"; }));
  etcd.kill(SIGKILL);
  etcd.wipe();
  etcd.start();
  REQUIRE(run_until([&] { return log.last() == "/s/leader is gone"; }));
  REQUIRE(put(*client, "/s/leader", "new"));
  REQUIRE(run_until([&] { return log.last() == "/s/leader=new"; }));
}

TEST_CASE_METHOD(EtcdFixture, "a watch goes on through authentication and its lost tokens", "[etcd][watch]") {
  EtcdProcess etcd;
  const auto open = client_of({etcd.url()}, patient());
  REQUIRE(put(*open, "/s/leader", "a"));
  const std::string command = "ETCDCTL_API=3 etcdctl --endpoints " + etcd.url().to_string() + " ";
  for (const char* step : {"user add root:secret", "user grant-role root root", "auth enable"}) {
    REQUIRE(std::system((command + step + " >/dev/null 2>&1").c_str()) == 0);
  }
  ClientOptions options = patient();
  options.credentials.user = "root";
  options.credentials.password = "secret";
  const auto client = client_of({etcd.url()}, options);
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.fresh > 2; }));
  etcd.kill(SIGKILL);
  REQUIRE(run_until([&] { return log.silences.size() == 1; }));
  etcd.start();
  const int fresh = log.fresh;
  REQUIRE(run_until([&] { return log.fresh > fresh + 2; }));
  REQUIRE(put(*client, "/s/leader", "b"));
  REQUIRE(run_until([&] { return log.last() == "/s/leader=b"; }));

  const auto stranger = client_of({etcd.url()}, patient());
  WatchLog refused;
  const Watch blind(*stranger, "/s/leader", quick(), refused);
  REQUIRE(run_until([&] { return refused.silences.size() == 1; }));
  CHECK(refused.kinds[0] == ErrorKind::denied);
  CHECK(refused.silences[0].find("user name is empty") != std::string::npos);
}

TEST_CASE_METHOD(EtcdFixture, "of three members the watch moves on from one that dies, freezes or is cut off",
                 "[etcd][watch]") {
  const std::vector<EtcdProcess::Peer> peers{{"n0", free_port()}, {"n1", free_port()}, {"n2", free_port()}};
  EtcdProcess first(peers, 0);
  EtcdProcess second(peers, 1);
  EtcdProcess third(peers, 2);
  const auto writer = client_of({second.url(), third.url()}, patient());
  REQUIRE(put(*writer, "/s/leader", "a"));
  const auto client = client_of({first.url(), second.url(), third.url()}, patient());
  REQUIRE(range(*client, "/s/leader"));
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.fresh > 2; }));

  first.kill(SIGSTOP);
  const TimePoint stopped = loop::boot_now();
  REQUIRE(run_until([&] { return log.as_of > stopped + 200ms; }));
  REQUIRE(put(*writer, "/s/leader", "b"));
  REQUIRE(run_until([&] { return log.last() == "/s/leader=b"; }));

  // Two of three are gone: the one that is left has no majority and may not be believed.
  second.kill(SIGKILL);
  REQUIRE(run_until([&] { return log.silences.size() == 1; }));
  const int fresh = log.fresh;
  run_for(500ms);
  CHECK(log.fresh == fresh);
  first.kill(SIGCONT);
  REQUIRE(run_until([&] { return log.fresh > fresh; }));
  CHECK(log.last() == "/s/leader=b");
}
