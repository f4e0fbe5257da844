// What is written into etcd, against a real one.
#include "tests/loop/agent/control/operator/operator_fixture.h"
#include "tests/loop/common/etcd/etcd_process.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

struct WritingDesk : etcd::EtcdFixture {
  template <class Begin>
  Written written(Begin begin) {
    std::optional<Written> told;
    begin([&](const Written& end) { told = end; });
    REQUIRE(run_until([&] { return told.has_value(); }));
    return *told;
  }
  std::string value(const std::string& name) {
    const auto reply = range(*client, "/service/orders/" + name).value();
    return reply.kvs.empty() ? "" : reply.kvs.front().value;
  }
  Written write_failover(const FailoverWish& wish) {
    return written([&](auto then) { desk.write_failover(wish, then); });
  }

  etcd::EtcdProcess server;
  std::unique_ptr<etcd::Client> client = client_of({server.url()});
  PlayedControl control{*client};
  OperatorDesk desk{loop, control};
};

}  // namespace

TEST_CASE_METHOD(WritingDesk, "the configuration is written as long as nobody else has", "[etcd][operator]") {
  const auto write = [&](const std::string& text, std::optional<std::int64_t> revision) {
    return written([&](auto then) { desk.write_config(text, revision, then); });
  };
  const Written first = write("{}", std::nullopt);
  REQUIRE(first.end == WriteEnd::done);
  CHECK(write(R"({"ttl":20})", first.revision).end == WriteEnd::done);
  CHECK(write(R"({"ttl":21})", first.revision).end == WriteEnd::conflict);
  CHECK(value("config") == R"({"ttl":20})");
  CHECK(write(R"({"ttl":22})", std::nullopt).end == WriteEnd::done);
  CHECK(value("config") == R"({"ttl":22})");
  server.kill(SIGKILL);
  CHECK(write(R"({"ttl":23})", std::nullopt).end == WriteEnd::failed);
}

TEST_CASE_METHOD(WritingDesk, "a switchover is written, and taken back", "[etcd][operator]") {
  const Written first = write_failover({"pg2", "pg1", "2026-11-30T10:00:00+00:00"});
  REQUIRE(first.end == WriteEnd::done);
  CHECK(value("failover") == R"({"leader":"pg2","member":"pg1","scheduled_at":"2026-11-30T10:00:00+00:00"})");
  // Somebody else's, of which this node has not heard.
  CHECK(write_failover({"pg2", "", ""}).end == WriteEnd::conflict);
  const auto clear = [&](std::int64_t revision) {
    return written([&](auto then) { desk.clear_failover(revision, then); });
  };
  CHECK(clear(first.revision - 1).end == WriteEnd::conflict);
  CHECK(clear(first.revision).end == WriteEnd::done);
  CHECK(value("failover") == "{}");
  // That it was taken back this node has not heard, either; it is in nobody's way.
  CHECK(write_failover({"", "pg1", ""}).end == WriteEnd::done);
  CHECK(value("failover") == R"({"member":"pg1"})");
}
