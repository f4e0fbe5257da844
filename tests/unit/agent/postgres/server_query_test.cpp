#include "agent/postgres/server_query.h"

#include <catch2/catch.hpp>

#include "agent/postgres/server_commands.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

using Row = std::vector<std::optional<std::string>>;
constexpr std::nullopt_t null = std::nullopt;

// A standby that streams, with one slot, and one cascading replica.
postgres::Answer standby_answer() {
  postgres::ResultSet status;
  status.rows = {Row{"t",
                     "150018",
                     "7713550957051643213",
                     "2026-11-29 11:17:20.123456+00:00",
                     "2",
                     null,
                     null,
                     null,
                     "0/30000",
                     "0/2FFF0",
                     null,
                     "f",
                     "4711",
                     "streaming",
                     "2",
                     "0/30010",
                     "0/30000",
                     "0/30020",
                     "pg_1",
                     "host=a",
                     "on",
                     "",
                     "",
                     "host=a",
                     "pg_1",
                     "max_connections,shared_buffers"}};
  postgres::ResultSet slots;
  slots.rows = {Row{"s", "f", null, null, "f", "f", "t", "0/10000", null, "reserved", "f", "f", "131072"}};
  postgres::ResultSet senders;
  senders.rows = {
      Row{"4712", "rep", "pg-3", "10.0.0.3", "streaming", "async", "0", "0/2", "0/1", "0/0", "f"}};
  return std::vector<postgres::ResultSet>{status, slots, senders};
}

}  // namespace

TEST_CASE("a standby's answer becomes its status", "[server_query]") {
  const auto status = parse_server_status(standby_answer());
  REQUIRE(status);
  CHECK(status->in_recovery);
  CHECK(status->server_version == 150018);
  CHECK(status->system_identifier == 7713550957051643213U);
  CHECK(status->checkpoint_timeline == 2U);
  CHECK_FALSE(status->timeline);
  CHECK(status->received == 0x30000U);
  CHECK(position_of(*status) == 0x30000U);
  REQUIRE(status->receiver);
  CHECK(*status->receiver ==
        ReceiverStatus{4711, "streaming", 2, 0x30010, 0x30000, 0x30020, "pg_1", "host=a"});
  CHECK(status->pending_restart == std::vector<std::string>{"max_connections", "shared_buffers"});
  REQUIRE(status->slots.size() == 1);
  CHECK(status->slots[0].has_xmin);
  CHECK(status->slots[0].retained_bytes == 131072);
  REQUIRE(status->senders.size() == 1);
  CHECK(status->senders[0].flushed == 1U);
  CHECK_FALSE(status->senders[0].replayed);  // 0/0
}

TEST_CASE("an answer of another form is an error that names the column", "[server_query]") {
  postgres::Answer answer = standby_answer();
  (*answer)[0].rows[0][1] = "fifteen";
  CHECK(parse_server_status(answer).error().message ==
        "the server's answer to the agent's query has \"fifteen\" in column 2 instead of a number");
  answer = standby_answer();
  (*answer)[1].rows[0].pop_back();
  CHECK(parse_server_status(answer).error().message ==
        "the server's answer to the agent's query has \"the end of the row\" in column 13 instead of a cell");
  answer = standby_answer();
  (*answer)[2].rows[0][7] = "here";
  CHECK_FALSE(parse_server_status(answer));
  answer = standby_answer();
  answer->pop_back();
  CHECK_FALSE(parse_server_status(answer));
  answer = standby_answer();
  (*answer)[0].rows[0][0] = null;
  CHECK_FALSE(parse_server_status(answer));
  postgres::Failure failure;
  failure.error = {ErrorKind::timeout, "no answer"};
  CHECK(parse_server_status(tl::make_unexpected(failure)).error().kind == ErrorKind::timeout);
}

TEST_CASE("the position of a node is the furthest that it has", "[server_query]") {
  ServerStatus status;
  CHECK_FALSE(position_of(status));
  status.flushed = 7;
  CHECK(position_of(status) == 7U);
  status.in_recovery = true;
  CHECK_FALSE(position_of(status));
  status.replayed = 5;
  CHECK(position_of(status) == 5U);
  status.received = 3;
  CHECK(position_of(status) == 5U);
  status.received = 6;
  CHECK(position_of(status) == 6U);
}

TEST_CASE("only what a version knows is asked of it", "[server_query]") {
  CHECK(server_query({13, true}).sql.find("failover") == std::string::npos);
  CHECK(server_query({17, true}).sql.find("s.failover") != std::string::npos);
  CHECK(server_query({15, false}).sql.find("pg_settings") == std::string::npos);
}

TEST_CASE("names and texts are quoted in statements", "[server_commands]") {
  CHECK(quote_identifier("a\"b") == "\"a\"\"b\"");
  CHECK(quote_literal("it's") == "'it''s'");
  CHECK(quote_literal("a\\'b") == " E'a\\\\''b'");
  CHECK(terminate_senders({1, 22}).values == Row{"{1,22}"});
  CHECK(terminate_senders({}).values == Row{"{}"});
}

TEST_CASE("what a server says of itself over a replication connection is read", "[server_commands]") {
  postgres::ResultSet set;
  set.rows = {Row{"7713550957051643213", "2", "0/3000060", null}};
  const auto identity = parse_system_identity(std::vector{set});
  REQUIRE(identity);
  CHECK(*identity == SystemIdentity{7713550957051643213U, 2, 0x3000060});
  set.rows = {Row{"x", "2", "0/3000060", null}};
  CHECK_FALSE(parse_system_identity(std::vector{set}));
  set.rows = {};
  CHECK_FALSE(parse_system_identity(std::vector{set}));
  set.rows = {Row{"00000002.history", "1\t0/3000000\tno recovery target specified\n"}};
  const auto history = parse_history_answer(std::vector{set});
  REQUIRE(history);
  CHECK(history->end_of(1) == 0x3000000U);
  set.rows = {Row{"00000002.history", "garbage"}};
  CHECK_FALSE(parse_history_answer(std::vector{set}));
}
