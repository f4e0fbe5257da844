// Against a real etcd.
#include "common/etcd/client.h"
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

}  // namespace

TEST_CASE_METHOD(EtcdFixture, "keys are put, read, compared and removed in a real etcd", "[etcd][client]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, patient());  // also waits for etcd to be up

  const PutReply first = put(*client, "/t/a", "1").value();
  CHECK(first.header.cluster_id != 0);
  const std::string bytes("\0\xff\n\"", 4);
  REQUIRE(put(*client, "/t/b", bytes));
  const TimePoint before = loop::boot_now();
  const RangeReply all = range(*client, "/t/", Scope::prefix).value();
  REQUIRE(all.kvs.size() == 2);
  CHECK(all.kvs[0].key == "/t/a");
  CHECK(all.kvs[0].mod_revision == first.header.revision);
  CHECK(all.kvs[1].value == bytes);
  CHECK(all.as_of >= before);
  CHECK(range(*client, "/t/none").value().kvs.empty());

  TxnRequest create{{Compare::absent("/t/a")},
                    {{Operation::Kind::put, "/t/a", "2", 0}},
                    {{Operation::Kind::range, "/t/a", "", 0}}};
  const TxnReply exists = txn(*client, create).value();
  CHECK_FALSE(exists.succeeded);
  CHECK(exists.ranges.at(0).at(0).value == "1");
  create.compare = {Compare::value_is("/t/a", "1"), Compare::mod_revision_is("/t/a", first.header.revision)};
  CHECK(txn(*client, create).value().succeeded);
  remove(*client, "/t/a");
  CHECK(range(*client, "/t/a").value().kvs.empty());
}

TEST_CASE_METHOD(EtcdFixture, "a lease keeps its key and takes it along", "[etcd][client]") {
  EtcdProcess etcd;
  const auto client = client_of({etcd.url()}, patient());
  const LeaseReply lease = run<LeaseReply>([&](auto done) { return client->lease_grant(2, done); }).value();
  CHECK(lease.id != 0);
  CHECK(lease.ttl >= 2);
  REQUIRE(put(*client, "/t/leased", "x", lease.id));
  CHECK(range(*client, "/t/leased").value().kvs.at(0).lease == lease.id);
  CHECK(run<LeaseReply>([&](auto done) { return client->lease_keepalive(lease.id, done); }).value().ttl >= 2);
  REQUIRE(run_until([&] { return range(*client, "/t/leased").value().kvs.empty(); }));
  CHECK(run<LeaseReply>([&](auto done) { return client->lease_keepalive(lease.id, done); }).value().ttl == 0);
  const auto lost = put(*client, "/t/leased", "x", lease.id);
  CHECK(lost.error().error.kind == ErrorKind::invalid);
  CHECK(lost.error().fault == RpcFault::lease_not_found);
  CHECK_FALSE(lost.error().may_have_run);
  CHECK(lost.error().error.message.find("requested lease not found") != std::string::npos);
}

TEST_CASE_METHOD(EtcdFixture, "an end point that is down is passed over, and all down is an error in time",
                 "[etcd][client]") {
  EtcdProcess etcd;
  const auto closed = loop::closed_port();
  const http::Url down = http::Url::parse("http://" + loop::socket_address(closed.get()).to_string()).value();
  const http::Url unknown = http::Url::parse("http://no-such-name.invalid:2379").value();
  const auto client = client_of({down, unknown, etcd.url()}, patient());
  CHECK(put(*client, "/t/a", "1"));

  ClientOptions hasty;
  hasty.deadline = 700ms;
  const auto nobody = client_of({down, unknown}, hasty);
  const TimePoint before = loop::boot_now();
  const auto answer = put(*nobody, "/t/a", "1");
  REQUIRE_FALSE(answer);
  CHECK(loop::boot_now() - before < 5s);
  const bool named =
      answer.error().error.kind == ErrorKind::refused || answer.error().error.kind == ErrorKind::unresolved;
  CHECK(named);
}

TEST_CASE_METHOD(EtcdFixture, "a frozen end point costs its share of the time, not the call",
                 "[etcd][client]") {
  const auto silent = loop::raw_server();  // accepts in the backlog and never answers
  EtcdProcess etcd;
  const http::Url frozen =
      http::Url::parse("http://" + loop::socket_address(silent.get()).to_string()).value();
  const auto warm = client_of({etcd.url()}, patient());
  REQUIRE(put(*warm, "/t/a", "1"));
  ClientOptions options;
  options.deadline = 3s;
  const auto client = client_of({frozen, etcd.url()}, options);
  CHECK(range(*client, "/t/a").value().kvs.size() == 1);
}

TEST_CASE_METHOD(EtcdFixture, "user and password are used, and a lost token is fetched anew",
                 "[etcd][client]") {
  EtcdProcess etcd;
  const auto open = client_of({etcd.url()}, patient());
  REQUIRE(put(*open, "/t/a", "1"));
  const std::string command = "ETCDCTL_API=3 etcdctl --endpoints " + etcd.url().to_string() + " ";
  for (const char* step : {"user add root:secret", "user grant-role root root", "auth enable"}) {
    REQUIRE(std::system((command + step + " >/dev/null 2>&1").c_str()) == 0);
  }
  const Error anonymous = range(*open, "/t/a").error().error;
  CHECK(anonymous.kind == ErrorKind::denied);
  CHECK(anonymous.message.find("user name is empty") != std::string::npos);

  ClientOptions options = patient();
  options.credentials.user = "root";
  options.credentials.password = "secret";
  const auto client = client_of({etcd.url()}, options);
  CHECK(range(*client, "/t/a").value().kvs.size() == 1);

  // A restart forgets the tokens.
  etcd.kill(SIGTERM);
  etcd.start();
  CHECK(range(*client, "/t/a").value().kvs.size() == 1);

  options.credentials.password = "wrong";
  options.deadline = 2s;
  const auto wrong = client_of({etcd.url()}, options);
  const Error denied = range(*wrong, "/t/a").error().error;
  CHECK(denied.kind == ErrorKind::denied);
  CHECK(denied.message.find("authentication failed") != std::string::npos);
  CHECK(denied.message.find("wrong") == std::string::npos);
}

TEST_CASE_METHOD(EtcdFixture, "user and password do no harm where authentication is off", "[etcd][client]") {
  EtcdProcess etcd;
  ClientOptions options = patient();
  options.credentials.user = "root";
  options.credentials.password = "secret";
  const auto client = client_of({etcd.url()}, options);
  CHECK(put(*client, "/t/a", "1"));
  CHECK(range(*client, "/t/a").value().kvs.size() == 1);
}

TEST_CASE_METHOD(EtcdFixture, "a call that is destroyed is not answered", "[etcd][client]") {
  const auto silent = loop::raw_server();
  const auto client =
      client_of({http::Url::parse("http://" + loop::socket_address(silent.get()).to_string()).value()});
  bool answered = false;
  CallPtr call =
      client->range({"a", Scope::key, false}, [&](const Outcome<RangeReply>&) { answered = true; });
  run_for(50ms);
  call.reset();
  run_for(50ms);
  CHECK_FALSE(answered);
}
