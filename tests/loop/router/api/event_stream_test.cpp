// The live stream over real sockets.
#include "router/api/event_stream.h"

#include "tests/loop/common/http/http_raw_client.h"
#include "tests/loop/router/api/http_api_fixture.h"

namespace tamada::router {
namespace {

const std::string ask = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE_METHOD(HttpApiFixture, "a watcher is told everything first, then what changed", "[event_stream]") {
  open();
  http::RawClient watcher(loop, address(), ask);
  REQUIRE(run_until(
      [&] { return count(watcher.got, "event: state") == 1 && watcher.got.ends_with("\n\n\r\n"); }));
  CHECK(watcher.got.find("retry: 1000") != std::string::npos);
  for (const char* section :
       {"\"router\":", "\"nodes\":", "\"listeners\":", "\"failovers\":", "\"history\":"}) {
    CHECK(watcher.got.find(section) != std::string::npos);
  }
  watcher.got.clear();
  backend.picture.leader.reason = "because a test said so";
  REQUIRE(run_until([&] { return watcher.got.find("because a test said so") != std::string::npos; }));
  CHECK(watcher.got.find("\"listeners\":") == std::string::npos);  // they did not change
}

TEST_CASE_METHOD(HttpApiFixture, "a hundred watchers cost the control loop what one costs",
                 "[event_stream]") {
  open();
  std::vector<std::unique_ptr<http::RawClient>> watchers;
  for (int i = 0; i < 45; ++i) watchers.push_back(std::make_unique<http::RawClient>(loop, address(), ask));
  REQUIRE(run_until([&] {
    return std::all_of(watchers.begin(), watchers.end(),
                       [](const auto& one) { return count(one->got, "event: state") > 0; });
  }));
  const std::uint64_t before = backend.snapshots;
  const TimePoint begun = loop::boot_now();
  for (int change = 0; change < 3; ++change) {
    backend.picture.leader.reason = fmt::format("change {}", change);
    REQUIRE(run_until([&] {
      return std::all_of(watchers.begin(), watchers.end(), [&](const auto& one) {
        return one->got.find(backend.picture.leader.reason) != std::string::npos;
      });
    }));
  }
  const auto seconds = static_cast<std::uint64_t>(to_ms(loop::boot_now() - begun) / 1000);
  CHECK(backend.snapshots - before <= 2 * (seconds + 2));
}

TEST_CASE_METHOD(HttpApiFixture, "while nobody watches, nothing is made", "[event_stream]") {
  open();
  {
    http::RawClient watcher(loop, address(), ask);
    REQUIRE(run_until([&] { return count(watcher.got, "event: state") > 0; }));
  }
  run_for(EventStream::every + 200ms);
  const std::uint64_t before = backend.snapshots;
  run_for(2 * EventStream::every);
  CHECK(backend.snapshots == before);
}

TEST_CASE_METHOD(HttpApiFixture,
                 "a watcher that does not read pins at most one picture, and hears the newest later",
                 "[event_stream]") {
  open();
  backend.picture.leader.reason = std::string(1'000'000, 'x');
  http::RawClient slow(loop, address(), ask);
  REQUIRE(run_until([&] { return slow.connected; }));
  slow.stop_reading();
  for (int i = 0; i < 3; ++i) {
    backend.picture.leader.reason = std::string(1'000'000, static_cast<char>('a' + i));
    run_for(EventStream::every);
  }
  backend.picture.leader.reason = "the newest";
  slow.read_on();
  REQUIRE(run_until([&] { return slow.got.find("the newest") != std::string::npos; }));
  CHECK(slow.got.size() < 8'000'000);
}

TEST_CASE_METHOD(HttpApiFixture, "more streams than the limit are told to poll", "[event_stream]") {
  config.max_connections = 4;
  open();
  http::RawClient first(loop, address(), ask);
  http::RawClient second(loop, address(), ask);
  REQUIRE(
      run_until([&] { return count(first.got, "event: state") + count(second.got, "event: state") == 2; }));
  const http::Response third = get("/events");
  CHECK(third.status == 503);
  CHECK(third.body.find("poll") != std::string::npos);
}

}  // namespace
}  // namespace tamada::router
