// What a real etcd does rarely, by a scripted one.
#include <memory>

#include "common/etcd/watch.h"
#include "tests/loop/common/etcd/etcd_fake_member.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/loop/common/http/http_scripted_server.h"

using namespace tamada;
using namespace tamada::etcd;

namespace {

WatchOptions rare_heartbeats() {
  WatchOptions options;
  options.heartbeat = 60s;
  options.timeout = 2s;
  return options;
}

WatchOptions quick() {
  WatchOptions options;
  options.heartbeat = 30ms;
  options.timeout = 300ms;
  options.min_backoff = 20ms;
  options.max_backoff = 100ms;
  return options;
}

}  // namespace

TEST_CASE_METHOD(EtcdFixture, "the stream begins behind the range and its messages may be cut anywhere",
                 "[etcd][faults]") {
  FakeMember member(loop);
  const auto client = client_of({member.url()});
  WatchLog log;
  const Watch watch(*client, "/s/leader", rare_heartbeats(), log);
  REQUIRE(run_until([&] { return log.last() == "/s/leader=a"; }));
  CHECK(member.watch_requests.at(0) == R"({"create_request":{"key":"L3MvbGVhZGVy","start_revision":"11"}})");
  member.set("b");
  std::string messages = member.event();
  member.set("c");
  messages += member.event();
  for (std::size_t at = 0; at < messages.size(); at += 3) {
    member.say(messages.substr(at, 3));
    run_turns(1);
  }
  REQUIRE(run_until([&] { return log.last() == "/s/leader=c"; }));
  CHECK(log.changes == std::vector<std::string>{"/s/leader=a", "/s/leader=b", "/s/leader=c"});
  member.set("");
  member.say(member.event());
  REQUIRE(run_until([&] { return log.last() == "/s/leader is gone"; }));
  CHECK(log.last_revision == 13);
  CHECK(log.silences.empty());
}

TEST_CASE_METHOD(EtcdFixture, "while a silence lasts its newest reason is told", "[etcd][faults]") {
  UniqueFd closed = loop::closed_port();
  const Address address = loop::socket_address(closed.get());
  const auto client = client_of({http::Url::parse("http://" + address.to_string()).value()});
  WatchLog log;
  const Watch watch(*client, "/s/leader", rare_heartbeats(), log);
  REQUIRE(run_until([&] { return log.silences.size() == 1; }));
  CHECK(log.silences[0].find("refused") != std::string::npos);
  closed.reset();
  http::Server broken(loop, http::ServerOptions{},
                      [](const http::Request&, const http::Peer&, http::Responder responder) {
                        responder.send(http::Response{500, {}, {}, "out of order"});
                      });
  REQUIRE(broken.listen(address));
  CHECK(run_until([&] { return log.still_silent.find("500") != std::string::npos; }));
  CHECK(log.silences.size() == 1);
}

TEST_CASE_METHOD(EtcdFixture, "a watch that is cancelled without an end begins anew", "[etcd][faults]") {
  FakeMember member(loop);
  const auto client = client_of({member.url()});
  WatchLog log;
  const Watch watch(*client, "/s/leader", rare_heartbeats(), log);
  REQUIRE(run_until([&] { return log.fresh > 0; }));
  member.set("b");  // which this watch will never tell
  member.revision += 100;
  member.say("{\"result\":{" + member.header() + ",\"canceled\":true,\"compact_revision\":\"100\"}}\n");
  REQUIRE(run_until([&] { return log.last() == "/s/leader=b"; }));
  CHECK(member.watch_requests.back() ==
        R"({"create_request":{"key":"L3MvbGVhZGVy","start_revision":"112"}})");
  REQUIRE(log.silences.size() == 1);
  CHECK(log.silences[0] == "etcd " + member.url().to_string().substr(0, member.url().to_string().size() - 1) +
                               ": the watch was cancelled: revisions before 100 were compacted");
  member.say("{\"result\":{" + member.header() + ",\"canceled\":true,\"cancel_reason\":\"a whim\"}}\n");
  REQUIRE(run_until([&] { return log.silences.size() == 2; }));
  CHECK(log.silences[1].find("the watch was cancelled: a whim") != std::string::npos);
}

TEST_CASE_METHOD(EtcdFixture,
                 "a change that only the heartbeat sees is told once, and a mute stream replaced",
                 "[etcd][faults]") {
  FakeMember member(loop);
  const auto client = client_of({member.url()});
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.fresh > 0; }));
  member.set("b");
  REQUIRE(run_until([&] { return log.last() == "/s/leader=b"; }));
  REQUIRE(run_until([&] { return member.watch_requests.size() == 2; }));
  CHECK(log.silences.at(0).find("the watch has not told a change of revision 11") != std::string::npos);
  run_for(200ms);
  CHECK(member.watch_requests.size() == 2);  // nothing is owed any more
  CHECK(log.changes == std::vector<std::string>{"/s/leader=a", "/s/leader=b"});

  // A stream that is only late is left alone, and what it tells late is no news.
  member.set("c");
  REQUIRE(run_until([&] { return log.last() == "/s/leader=c"; }));
  member.say(member.event());
  run_for(300ms);
  CHECK(member.watch_requests.size() == 2);
  CHECK(log.changes.size() == 3);
  member.set("");
  REQUIRE(run_until([&] { return log.last() == "/s/leader is gone"; }));
  member.say(member.event());
  run_for(300ms);
  CHECK(member.watch_requests.size() == 2);
  CHECK(log.changes.size() == 4);
}

TEST_CASE_METHOD(EtcdFixture, "an event is followed by a heartbeat at once, also while one is under way",
                 "[etcd][faults]") {
  FakeMember member(loop);
  const auto client = client_of({member.url()});
  WatchLog log;
  Watch watch(*client, "/s/leader", rare_heartbeats(), log);
  REQUIRE(run_until([&] { return log.fresh == 1; }));
  member.late_ranges = true;
  watch.poke();
  REQUIRE(run_until([&] { return member.ranges == 2; }));
  member.set("b");
  member.say(member.event());
  REQUIRE(run_until([&] { return log.last() == "/s/leader=b"; }));
  const TimePoint told = loop::boot_now();
  CHECK(log.as_of < told);
  member.late_ranges = false;
  member.answer_ranges();
  REQUIRE(run_until([&] { return log.as_of >= told; }));
  CHECK(member.ranges == 3);
}

TEST_CASE_METHOD(EtcdFixture, "a member that was left behind is not believed", "[etcd][faults]") {
  FakeMember old(loop);
  FakeMember current(loop);
  old.term = 4;
  current.term = 6;
  current.set("b");
  const auto client = client_of({current.url(), old.url()});
  WatchLog log;
  auto watch = std::make_unique<Watch>(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.last() == "/s/leader=b"; }));
  // The current one falls silent: the old one is asked, and refused.
  current.mute_ranges = true;
  REQUIRE(run_until([&] { return old.ranges > 0 && !log.silences.empty(); }));
  run_for(200ms);
  CHECK(log.changes == std::vector<std::string>{"/s/leader=b"});
  CHECK(log.silences.size() == 1);
  const Error error = range(*client, "/s/leader").error().error;
  CHECK((error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timeout));

  // An event of a member that falls behind while it is watched is not believed either.
  current.mute_ranges = false;
  REQUIRE(run_until(
      [&] { return log.fresh > 0 && !current.watches.empty() && current.watches.back().is_open(); }));
}

TEST_CASE_METHOD(EtcdFixture, "an event with an older term is not told", "[etcd][faults]") {
  FakeMember member(loop);
  const auto client = client_of({member.url()});
  WatchLog log;
  const Watch watch(*client, "/s/leader", rare_heartbeats(), log);
  REQUIRE(run_until([&] { return log.fresh > 0; }));
  member.set("lie");
  member.term = 3;
  member.say(member.event());
  REQUIRE(run_until([&] { return log.silences.size() == 1; }));
  CHECK(
      log.silences[0].find("shows raft term 3, but term 5 was seen: it has been left behind by the others") !=
      std::string::npos);
  CHECK(log.last() == "/s/leader=a");
}

TEST_CASE_METHOD(EtcdFixture, "a watch that ends as soon as it is created does not spin", "[etcd][faults]") {
  FakeMember member(loop);
  member.on_watch = [&] { member.watches.clear(); };
  const auto client = client_of({member.url()});
  WatchLog log;
  WatchOptions options = rare_heartbeats();
  options.min_backoff = 50ms;
  options.max_backoff = 10s;
  const Watch watch(*client, "/s/leader", options, log);
  run_for(1s);
  CHECK(member.watch_requests.size() >= 2);
  CHECK(member.watch_requests.size() <= 7);  // 50, 100, 200, 400, 800 ms
}

TEST_CASE_METHOD(EtcdFixture, "garbage in the stream ends it and is told", "[etcd][faults]") {
  for (const char* garbage : {"<html>", "{\"result\":{\"events\":{}}}", "[1,2]", "{\"result\":7}"}) {
    INFO(garbage);
    FakeMember member(loop);
    const auto client = client_of({member.url()});
    WatchLog log;
    const Watch watch(*client, "/s/leader", rare_heartbeats(), log);
    REQUIRE(run_until([&] { return log.fresh > 0; }));
    member.say(garbage);
    REQUIRE(run_until([&] { return log.silences.size() == 1; }));
    CHECK(log.kinds[0] == ErrorKind::invalid);
    REQUIRE(run_until([&] { return log.fresh > 1; }));
  }
}

TEST_CASE_METHOD(EtcdFixture, "a watch that is refused or not created is told and tried again",
                 "[etcd][faults]") {
  FakeMember member(loop);
  member.watch_refusal = R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}})";
  const auto client = client_of({member.url()});
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.silences.size() == 1; }));
  CHECK(log.kinds[0] == ErrorKind::unavailable);
  CHECK(log.silences[0].find("watch: etcd answers: etcdserver: no leader (code 14)") != std::string::npos);
  member.watch_refusal.clear();
  member.creates = false;
  REQUIRE(run_until([&] { return !member.watches.empty(); }));
  const auto asked = member.watch_requests.size();
  REQUIRE(run_until([&] { return member.watch_requests.size() > asked; }));
  CHECK(log.changes.empty());
  member.creates = true;
  REQUIRE(run_until([&] { return log.last() == "/s/leader=a"; }));
  CHECK(log.silences.size() == 1);
}

TEST_CASE_METHOD(EtcdFixture, "a revision that goes back under a watch begins it anew", "[etcd][faults]") {
  FakeMember member(loop);
  const auto client = client_of({member.url()});
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.fresh > 0; }));
  member.revision = 4;
  member.mod_revision = 3;
  member.value = "restored";
  REQUIRE(run_until([&] { return log.last() == "/s/leader=restored"; }));
  CHECK(log.silences.at(0).find("its revision went back from 10 to 4: it was restored or built anew") !=
        std::string::npos);
}

TEST_CASE_METHOD(EtcdFixture, "what is no etcd is told as such", "[etcd][faults]") {
  http::ScriptedServer patroni(loop, {{"HTTP/1.0 503 X\r\n\r\n{\"state\": \"running\"}"}});
  const auto client = client_of({http::Url::parse("http://" + patroni.address().to_string()).value()});
  WatchLog log;
  const Watch watch(*client, "/s/leader", quick(), log);
  REQUIRE(run_until([&] { return log.silences.size() == 1; }));
  CHECK(log.silences[0].find(
            "GET /version: etcd answers: HTTP status 503 without an error of etcd's (code 14)") !=
        std::string::npos);
}

TEST_CASE_METHOD(EtcdFixture, "every address of a name is tried", "[etcd][faults]") {
  FakeMember member(loop);
  loop::Resolver::Options options;
  options.lookup = [](const std::string&) -> loop::Resolver::Answer {
    return std::vector<Address>{*Address::from_ip("127.0.0.77", 0), *Address::from_ip("127.0.0.1", 0)};
  };
  loop::Resolver two(loop, options);
  http::Url url = member.url();
  url.host = "etcd1";
  ClientOptions client_options;
  client_options.endpoints = {url};
  Client client(loop, two, client_options);
  CHECK(range(client, "/s/leader").value().kvs.size() == 1);
}

TEST_CASE_METHOD(EtcdFixture, "a watch may be destroyed in each of its callbacks", "[etcd][faults]") {
  struct Leaver final : WatchCallbacks {
    void on_value(const std::string&, const std::optional<std::string>&, std::int64_t, TimePoint) override {
      if (when == 0) leave();
    }
    void on_fresh(TimePoint) override {
      if (when == 1) leave();
    }
    void on_silence(const Error&) override {
      if (when == 2) leave();
    }
    void leave() {
      ++left;
      watch.reset();
    }
    int when = 0;
    int left = 0;
    std::unique_ptr<Watch> watch;
  };
  for (const int when : {0, 1, 2}) {
    INFO("in callback " << when);
    FakeMember member(loop);
    const auto client = client_of({member.url()});
    Leaver leaver;
    leaver.when = when;
    if (when == 2) member.watch_refusal = "no";
    leaver.watch = std::make_unique<Watch>(*client, "/s/leader", quick(), leaver);
    REQUIRE(run_until([&] { return leaver.left == 1; }));
    run_for(100ms);
    CHECK(leaver.left == 1);
  }
}
