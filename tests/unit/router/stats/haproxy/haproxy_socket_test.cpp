#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

#include "router/stats/haproxy/haproxy_servers.h"
#include "router/stats/haproxy/haproxy_sessions.h"
#include "tests/support/a_snapshot.h"
#include "tests/support/csv_lines.h"
#include "tests/support/golden_file.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;

namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace

TEST_CASE("`show servers state` is HAProxy's state file, version 1", "[haproxy_socket]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[1].view.configured_name = "with a space";
  const std::vector<std::string> lines = lines_of(show_servers_state(snapshot, "", {}));
  REQUIRE(lines.size() == 2 + 6);
  CHECK(lines[0] == "1");
  const std::size_t columns = words_of(lines[1]).size() - 1;  // "#"
  CHECK(columns == 25);
  for (std::size_t i = 2; i < lines.size(); ++i) CHECK(words_of(lines[i]).size() == columns);
  CHECK(lines[2] == "1 write 1 first 10.0.0.1 2 0 1 1 3200 15 3 3 6 0 0 0 - 5432 - 0 8008 - - 0");
  CHECK(lines[3] == "1 write 2 with_a_space 10.0.0.2 0 0 1 1 3200 17 2 0 6 0 0 0 - 5432 - 0 8008 - - 0");
  CHECK(lines[7] == "2 read 3 third 2001:db8::3 2 8 1 1 1200 15 3 3 6 0 0 0 - 5432 - 0 8008 - - 0");
}

TEST_CASE("`show servers state` of the example cluster is the golden file", "[haproxy_socket]") {
  check_golden("tests/fixtures/stats/servers_state.txt", show_servers_state(a_snapshot(), "", {}));
}

TEST_CASE("`show servers state` of a node without an address and in maintenance", "[haproxy_socket]") {
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[0].view.postgres = Address{};
  snapshot.nodes[0].admin = AdminState::maintenance;
  const std::vector<std::string> lines = lines_of(show_servers_state(snapshot, "write", {}));
  REQUIRE(lines.size() == 2 + 3);
  CHECK(lines[2] == "1 write 1 first - 0 1 1 1 3200 15 3 0 14 0 0 0 - 0 - 0 8008 - - 0");
}

TEST_CASE("`show servers state` of an unknown proxy is HAProxy's error", "[haproxy_socket]") {
  CHECK(show_servers_state(a_snapshot(), "nosuch", {}) == "Can't find backend.\n");
  RenderOptions options;
  options.port = StatsListenerCounters{};
  CHECK(lines_of(show_servers_state(a_snapshot(), "stats", options)).size() == 2);
}

TEST_CASE("`show backend` names the proxies", "[haproxy_socket]") {
  RenderOptions options;
  CHECK(show_backend(a_snapshot(), options) == "# name\nwrite\nread\n");
  options.port = StatsListenerCounters{};
  CHECK(show_backend(a_snapshot(), options) == "# name\nwrite\nread\nstats\n");
}

TEST_CASE("`show sess` says who is where, one line each", "[haproxy_socket]") {
  SessionList list = some_sessions();
  list.sessions[0].user = "a b\nc=\"d\"";
  const std::vector<std::string> lines = lines_of(show_sessions(list));
  REQUIRE(lines.size() == list.sessions.size());
  CHECK(lines[0].starts_with(
      "0x1000000000011: proto=tcpv4 src=10.0.3.7:51544 fe=write be=write srv=pg1 ts=00 "));
  CHECK(lines[0].find(" age=6m55s ") != std::string::npos);
  CHECK(lines[0].find(" user=a_b_c=\"d\" db=orders ") != std::string::npos);
  CHECK(lines[3].find(" proto=tcpv6 src=[2001:db8::77]:55120 ") != std::string::npos);
  CHECK(lines[3].find(" age=1d0h ") != std::string::npos);
  CHECK(lines[4].find(" srv=<none> ") != std::string::npos);
  CHECK(lines[4].find(" phase=hold wait=118ms ") != std::string::npos);
}

TEST_CASE("a session's number is what `shutdown session` takes, in both spellings", "[haproxy_socket]") {
  const SessionId id{1, 17};
  CHECK(haproxy_session_id(id) == "0x1000000000011");
  CHECK(parse_haproxy_session_id("0x1000000000011") == id);
  CHECK(parse_haproxy_session_id("1.17") == id);
  for (const char* wrong : {"", "0x", "0xg", "0x1000000000011z", "17", "0x11111111111111111"}) {
    INFO(wrong);
    CHECK_FALSE(parse_haproxy_session_id(wrong).has_value());
  }
  CHECK(lines_of(show_session(some_sessions(), id)).size() == 1);
  CHECK(show_session(some_sessions(), {9, 9}) == "Session not found.\n");
}
