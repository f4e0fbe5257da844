// What is counted at the statistics port, as HAProxy's formats show it: each number moves with what it is
// about.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/unique_fd.h"
#include "tests/loop/common/http/http_raw_client.h"
#include "tests/loop/router/api/http_api_fixture.h"
#include "tests/support/csv_lines.h"
#include "tests/support/raw_socket.h"
#include "tests/support/raw_unix.h"
#include "tests/support/temporary_folder.h"

namespace tamada::router {
namespace {

class CountersFixture : public HttpApiFixture {
 public:
  // The row of the statistics port, through the run-time socket, which does not count there itself.
  test::CsvRow row() {
    std::string text = say("show stat stats 1 -1");
    while (text.ends_with('\n')) text.pop_back();
    for (const test::CsvRow& each : test::csv_rows(text)) {
      if (each.at("svname") == "FRONTEND") return each;
    }
    FAIL("there is no row of the statistics port in: " << text);
    return {};
  }
  std::uint64_t number(const std::string& column) { return std::stoull(row().at(column)); }

  std::string say(const std::string& command) {
    const UniqueFd client = loop::raw_unix_client(socket);
    loop::raw_send(client, command + "\n");
    loop::Arrived arrived;
    REQUIRE(run_until([&] {
      loop::take_arrived(client, arrived);
      return arrived.end;
    }));
    return arrived.bytes;
  }
  // What somebody types; until the answer has come.
  void raw(std::string_view bytes) {
    const http::RawClient client(loop, address(), bytes);
    REQUIRE(run_until([&] { return client.ended; }));
  }

  TemporaryFolder folder;
  const std::string socket = folder / "admin.sock";
};

TEST_CASE_METHOD(CountersFixture, "every number of the statistics port's own row moves", "[http_api]") {
  config.sockets = {*parse_stats_socket(socket + " level admin")};
  config.login_to_read = true;
  open();
  const test::CsvRow before = row();
  for (const char* column :
       {"scur",    "smax",      "stot",          "bin",      "bout",        "dreq",     "ereq",
        "rate",    "rate_max",  "hrsp_2xx",      "hrsp_4xx", "hrsp_5xx",    "req_rate", "req_rate_max",
        "req_tot", "conn_rate", "conn_rate_max", "conn_tot", "intercepted", "h1sess",   "h1req"}) {
    INFO(column);
    CHECK(before.at(column) == "0");
  }
  CHECK(before.at("slim") == "100");

  const http::RawClient stays(loop, address(), "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return !stays.got.empty(); }));
  CHECK(get("/status").status == 401);
  CHECK(get("/status", "", basic("dba", "wrong")).status == 401);
  CHECK(change("PUT", "/api/v1/nodes/pg1/state", "{}", {{"Origin", "http://evil.example"}}).status == 403);
  raw("nonsense\r\n\r\n");
  backend.picture.process.listening = false;
  run_for(2 * StatsPorts::snapshot_fresh + 10ms);
  CHECK(get("/ready").status == 503);

  const test::CsvRow after = row();
  const std::map<std::string, std::string> expected{
      {"scur", "1"},     {"stot", "6"},        {"dreq", "3"},     {"ereq", "1"},
      {"hrsp_2xx", "1"}, {"hrsp_4xx", "4"},    {"hrsp_5xx", "1"}, {"req_tot", "5"},
      {"conn_tot", "6"}, {"intercepted", "5"}, {"h1sess", "6"},   {"h1req", "5"}};
  for (const auto& [column, value] : expected) {
    INFO(column);
    CHECK(after.at(column) == value);
  }
  for (const char* column : {"smax", "bin", "bout", "rate_max", "conn_rate_max", "req_rate_max"}) {
    INFO(column);
    CHECK(std::stoull(after.at(column)) > 0);
  }
  // Within a second of a request, however slow this machine is.
  CHECK(run_until([&] {
    (void)get("/health");
    const test::CsvRow now = row();
    return now.at("rate") != "0" && now.at("conn_rate") != "0" && now.at("req_rate") != "0";
  }));
}

TEST_CASE_METHOD(CountersFixture, "a new configuration of the port loses nothing that was counted",
                 "[http_api]") {
  config.sockets = {*parse_stats_socket(socket + " level admin")};
  open();
  for (int i = 0; i < 3; ++i) CHECK(get("/health").status == 200);
  config.max_connections = 50;  // needs servers of its own
  open();
  CHECK(get("/health").status == 200);
  CHECK(number("stot") == 4);
  CHECK(number("req_tot") == 4);
  CHECK(number("slim") == 50);
  CHECK(number("scur") == 0);
}

TEST_CASE_METHOD(CountersFixture, "clear counters begins with the statistics port's own numbers, too",
                 "[http_api]") {
  config.sockets = {*parse_stats_socket(socket + " level admin")};
  open();
  {
    const http::RawClient one(loop, address(), "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    const http::RawClient two(loop, address(), "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(run_until([&] { return !one.got.empty() && !two.got.empty(); }));
    CHECK(number("smax") == 2);
  }
  REQUIRE(run_until([&] { return number("scur") == 0; }));
  (void)say("clear counters");
  CHECK(number("smax") == 0);
  CHECK(number("stot") == 2);
  (void)say("clear counters all");
  CHECK(number("stot") == 0);
  CHECK(number("req_tot") == 0);
  CHECK(get("/health").status == 200);
  CHECK(number("stot") == 1);
  CHECK(number("hrsp_2xx") == 1);
}

TEST_CASE_METHOD(CountersFixture, "a crowd that finds no room is seen", "[http_api]") {
  config.sockets = {*parse_stats_socket(socket + " level admin")};
  config.max_connections = 10;
  backend.never_acts = true;  // so that everybody waits for an answer, and nobody can make room
  open();
  std::vector<std::unique_ptr<http::RawClient>> crowd;
  const auto somebody_was_told = [&] {
    return std::any_of(crowd.begin(), crowd.end(), [](const auto& one) {
      return one->got.find("too many connections") != std::string::npos;
    });
  };
  REQUIRE(run_until([&] {
    crowd.push_back(std::make_unique<http::RawClient>(
        loop, address(),
        fmt::format("PUT /api/v1/nodes/pg1/state HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\n"
                    "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{}",
                    http::basic_credentials("dba", "geheim"), R"({"state":"drain"})")));
    run_turns(20);
    return somebody_was_told();
  }));
  CHECK(number("hrsp_5xx") >= 1);
  CHECK(number("stot") == crowd.size());
}

}  // namespace
}  // namespace tamada::router
