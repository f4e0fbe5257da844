// Deadlines, credentials and leases with a member that a test holds the strings of.
#include "common/etcd/lease.h"
#include "tests/loop/common/etcd/etcd_fake_member.h"
#include "tests/loop/common/etcd/etcd_fixture.h"

using namespace tamada;
using namespace tamada::etcd;
using Standing = LeaseState::Standing;

namespace {

struct Calls : EtcdFixture {
  std::unique_ptr<Client> client_as(const std::string& user, const std::string& password) {
    ClientOptions options;
    options.credentials = {user, password};
    return client_of({member.url()}, options);
  }
  // "user:password" of each login, in order.
  [[nodiscard]] std::vector<std::string> logins() const {
    std::vector<std::string> all;
    for (const FakeMember::Asked& one : member.asked) {
      if (one.path == "/auth/authenticate") all.push_back(one.body);
    }
    return all;
  }
  void grant(Lease& lease) {
    member.answers["/lease/grant"] = {{200, "{" + member.header() + ",\"ID\":\"7\",\"TTL\":\"30\"}"}};
    std::optional<Outcome<LeaseReply>> answer;
    lease.grant([&](Outcome<LeaseReply> outcome) { answer = std::move(outcome); });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    REQUIRE(*answer);
  }

  FakeMember member{loop};
};

}  // namespace

TEST_CASE_METHOD(Calls, "a call has a deadline of its own", "[etcd][calls]") {
  ClientOptions options;
  options.deadline = 300s;
  const auto client = client_of({member.url()}, options);
  member.mute_ranges = true;
  const auto silent = run<RangeReply>([&](auto done) { return client->range({"a"}, done, 200ms); });
  REQUIRE_FALSE(silent);
  CHECK(silent.error().error.kind == ErrorKind::timeout);
}

TEST_CASE_METHOD(Calls, "changed credentials are used by the next call", "[etcd][calls]") {
  member.answers["/auth/authenticate"] = {{200, R"({"token":"one"})"}, {200, R"({"token":"two"})"}};
  const auto client = client_as("a", "x");
  REQUIRE(put(*client, "k", "v"));
  REQUIRE(put(*client, "k", "v"));
  client->set_credentials({"b", "y"});
  REQUIRE(put(*client, "k", "v"));
  CHECK(logins() ==
        std::vector<std::string>{R"({"name":"a","password":"x"})", R"({"name":"b","password":"y"})"});
  CHECK(member.asked.back().token == "two");
  client->set_credentials({});
  REQUIRE(put(*client, "k", "v"));
  CHECK(member.asked.back().token.empty());
}

TEST_CASE_METHOD(Calls, "credentials that change during a login are used by it, and its token by nobody",
                 "[etcd][calls]") {
  member.answers["/auth/authenticate"] = {{200, R"({"token":"one"})"}, {200, R"({"token":"two"})"}};
  const auto client = client_as("a", "x");
  std::optional<Outcome<PutReply>> answer;
  const CallPtr call =
      client->put({"k", "v"}, [&](Outcome<PutReply> outcome) { answer = std::move(outcome); });
  REQUIRE(run_until([&] { return logins().size() == 1; }));
  REQUIRE_FALSE(answer);
  client->set_credentials({"b", "y"});
  REQUIRE(run_until([&] { return answer.has_value(); }));
  REQUIRE(*answer);
  CHECK(logins().size() == 2);
  CHECK(logins().back() == R"({"name":"b","password":"y"})");
  CHECK(member.asked.back().token == "two");
}

TEST_CASE_METHOD(Calls, "a token that ran out is fetched anew, with the credentials of now",
                 "[etcd][calls]") {
  member.answers["/auth/authenticate"] = {{200, R"({"token":"one"})"}, {200, R"({"token":"two"})"}};
  const auto client = client_as("a", "x");
  REQUIRE(put(*client, "k", "v"));
  member.answers["/kv/put"] = {
      {401,
       R"({"error":"etcdserver: invalid auth token","code":16,"message":"etcdserver: invalid auth token"})"},
      {200, "{" + member.header() + "}"}};
  REQUIRE(put(*client, "k", "v"));
  CHECK(member.asked.back().token == "two");
}

TEST_CASE_METHOD(Calls, "a removal whose answer is lost is not sent again", "[etcd][calls]") {
  FakeMember second(loop);
  ClientOptions options;
  options.deadline = 600ms;
  const auto client = client_of({member.url(), second.url()}, options);
  member.answers["/kv/txn"] = {{200, ""}};
  const auto lost = run<RemoveReply>([&](auto done) { return client->remove({"k", Scope::key, {}}, done); });
  REQUIRE_FALSE(lost);
  CHECK(lost.error().may_have_run);
  CHECK(second.times("/kv/txn") == 0);
}

TEST_CASE_METHOD(Calls, "a lease that is told as gone is not valid from then on", "[etcd][lease]") {
  const auto client = client_of({member.url()});
  Lease lease(*client, 30s);
  grant(lease);
  CHECK(lease.is_valid(loop::boot_now()));
  member.answers["/lease/keepalive"] = {{200, "{\"result\":{" + member.header() + ",\"ID\":\"7\"}}"}};
  std::optional<Outcome<LeaseReply>> answer;
  lease.keep_alive([&](Outcome<LeaseReply> outcome) { answer = std::move(outcome); });
  REQUIRE(run_until([&] { return answer.has_value(); }));
  CHECK(answer->value().ttl == 0);
  CHECK(lease.standing(loop::boot_now()) == Standing::gone);
}

TEST_CASE_METHOD(Calls, "an answer for another lease, or of a member left behind, keeps nothing alive",
                 "[etcd][lease]") {
  ClientOptions options;
  options.deadline = 500ms;
  const auto client = client_of({member.url()}, options);
  Lease lease(*client, 30s);
  grant(lease);
  const TimePoint end = lease.valid_until();
  const auto keep_alive = [&] {
    std::optional<Outcome<LeaseReply>> answer;
    lease.keep_alive([&](Outcome<LeaseReply> outcome) { answer = std::move(outcome); });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    return *answer;
  };
  member.answers["/lease/keepalive"] = {
      {200, "{\"result\":{" + member.header() + ",\"ID\":\"8\",\"TTL\":\"30\"}}"}};
  const Failure other = keep_alive().error();
  CHECK(other.error.message == "etcd answers for lease 8, expected lease 7");
  CHECK(lease.valid_until() == end);
  member.term = 4;
  member.answers["/lease/keepalive"] = {
      {200, "{\"result\":{" + member.header() + ",\"ID\":\"7\",\"TTL\":\"30\"}}"}};
  CHECK(keep_alive().error().error.kind == ErrorKind::unavailable);
  CHECK(lease.valid_until() == end);
}

TEST_CASE_METHOD(Calls, "a lease is not valid from the moment its revoke is sent, answered or not",
                 "[etcd][lease]") {
  ClientOptions options;
  options.deadline = 300ms;
  const auto client = client_of({member.url()}, options);
  Lease lease(*client, 30s);
  grant(lease);
  member.answers["/kv/lease/revoke"] = {{200, ""}};
  std::optional<Outcome<RevokeReply>> answer;
  lease.revoke([&](Outcome<RevokeReply> outcome) { answer = std::move(outcome); });
  CHECK(lease.standing(loop::boot_now()) == Standing::unknown);
  REQUIRE(run_until([&] { return answer.has_value(); }));
  REQUIRE_FALSE(*answer);
  CHECK(answer->error().may_have_run);
  CHECK(lease.standing(loop::boot_now()) == Standing::unknown);
}

TEST_CASE_METHOD(Calls, "a question takes the place of the one before, and a lease may go in a callback",
                 "[etcd][lease]") {
  const auto client = client_of({member.url()});
  auto lease = std::make_unique<Lease>(*client, 30s);
  grant(*lease);
  int first = 0;
  int second = 0;
  lease->keep_alive([&](const Outcome<LeaseReply>&) { ++first; });
  member.answers["/lease/keepalive"] = {
      {200, "{\"result\":{" + member.header() + ",\"ID\":\"7\",\"TTL\":\"30\"}}"}};
  lease->keep_alive([&](const Outcome<LeaseReply>&) {
    ++second;
    lease.reset();
  });
  REQUIRE(run_until([&] { return second == 1; }));
  run_turns();
  CHECK(first == 0);
  CHECK(second == 1);
}
