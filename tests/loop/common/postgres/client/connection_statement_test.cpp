// What is asked and what comes back, with a server that is well.
#include "tests/loop/common/postgres/client/client_fixture.h"

using namespace tamada;
using namespace tamada::postgres;

using Sets = std::vector<ResultSet>;
using Row = std::vector<std::optional<std::string>>;

TEST_CASE_METHOD(ClientFixture, "a session tells what it is, and its parameters as the server reports them",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());

  const Session& session = one->connection->session();
  CHECK(session.server_version / 10000 == 15);
  CHECK(session.backend_pid > 0);
  CHECK(session.host == server.by_socket().at("host"));
  CHECK(session.host_address.empty());
  CHECK(session.port == server.port());
  CHECK_FALSE(session.is_encrypted);
  CHECK(session.parameters.at("server_version").rfind("15.", 0) == 0);
  CHECK(session.parameters.at("client_encoding") == "UTF8");
  CHECK(session.parameters.at("in_hot_standby") == "off");
  CHECK(cell(*one, {"SELECT pg_backend_pid()"}) == std::to_string(session.backend_pid));

  CHECK(ask(*one, {"SET TimeZone = 'Antarctica/Troll'"}));
  CHECK(one->connection->session().parameters.at("TimeZone") == "Antarctica/Troll");
  CHECK(one->log.sessions.size() == 1);
  CHECK(one->connection->stage() == Stage::session);
}

TEST_CASE_METHOD(ClientFixture, "rows come back as they were sent: NULL, nothing, quotes, many bytes, bytea",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  const std::string odd = "it's \"quoted\" \\ $1 %s\n\t\x01 \xc3\xbc \xf0\x9f\x90\x98";
  const std::string large(3'000'000, 'x');

  const Answer answer = ask(*one, {"SELECT $1::text AS a, $2::text, $3::text, $4::text AS \"B b\", $5::bytea",
                                   {odd, std::nullopt, "", large, "\\x00ff00"}});
  REQUIRE(answer);
  const ResultSet& set = answer->at(0);
  CHECK(set.columns == std::vector<std::string>{"a", "text", "text", "B b", "bytea"});
  CHECK(set.rows == std::vector<Row>{{odd, std::nullopt, "", large, "\\x00ff00"}});
  CHECK(set.command == "SELECT 1");

  CHECK(ask(*one, {"SELECT 1 AS one WHERE false"}) == Sets{{{"one"}, {}, "SELECT 0"}});
  CHECK(ask(*one, {"CHECKPOINT"}) == Sets{{{}, {}, "CHECKPOINT"}});
  CHECK(ask(*one, {""}) == Sets{{{}, {}, ""}});
  // Text that is not in UTF-8 is the server's to refuse.
  const Answer broken = ask(*one, {"SELECT $1::text", {"\xff"}});
  REQUIRE_FALSE(broken);
  CHECK(broken.error().server.sqlstate == "22021");
}

TEST_CASE_METHOD(ClientFixture,
                 "the simple protocol gives a set for each statement, or the first failure alone",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());

  const Answer answer = ask(
      *one,
      {"SELECT 1 AS a; CREATE TABLE t (n int); SELECT n FROM t; INSERT INTO t VALUES (1), (2); SELECT 3 AS b",
       {},
       Protocol::simple});
  CHECK(answer == Sets{{{"a"}, {{"1"}}, "SELECT 1"},
                       {{}, {}, "CREATE TABLE"},
                       {{"n"}, {}, "SELECT 0"},
                       {{}, {}, "INSERT 0 2"},
                       {{"b"}, {{"3"}}, "SELECT 1"}});

  const Answer failed = ask(*one, {"SELECT 1; SELECT 1/0; SELECT 2", {}, Protocol::simple});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().server.sqlstate == "22012");
  // Several statements are none of the extended protocol.
  const Answer several = ask(*one, {"SELECT 1; SELECT 2"});
  REQUIRE_FALSE(several);
  CHECK(several.error().server.sqlstate == "42601");
  CHECK(cell(*one, {"SELECT count(*) FROM t"}) == "2");
}

TEST_CASE_METHOD(ClientFixture, "an error of a statement comes in its parts, and the session goes on",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());

  const Answer answer = ask(*one, {"DO $$ BEGIN RAISE EXCEPTION 'one %', 'two' USING ERRCODE = 'TA001', "
                                   "DETAIL = 'three', HINT = 'four'; END $$"});
  REQUIRE_FALSE(answer);
  const Failure& failure = answer.error();
  CHECK(failure.kind == FailureKind::server_error);
  CHECK(failure.stage == Stage::statement);
  CHECK(failure.outcome == Outcome::answered);
  CHECK(failure.server == ErrorResponse{"ERROR", "TA001", "one two", "three", "four"});
  CHECK(failure.error.kind == ErrorKind::unavailable);
  CHECK(failure.error.message == "a statement on PostgreSQL (host=" + server.by_socket().at("host") +
                                     " port=" + server.port() +
                                     " user=postgres dbname=postgres): ERROR TA001: one two");
  // Of an error that comes after rows none are kept.
  CHECK_FALSE(ask(*one, {"SELECT 1 / (5 - n) FROM generate_series(1, 9) n"}));
  CHECK(cell(*one, {"SELECT 1"}) == "1");
  CHECK(one->log.closed.empty());
}

TEST_CASE_METHOD(ClientFixture,
                 "statements are answered in the order asked, also those asked before the session",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = client(server.by_socket());
  for (int i = 0; i < 20; ++i) one->ask({"SELECT $1", {std::to_string(i)}});
  until([&] { return one->order.size() == 20; });
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(one->order.at(i) == i);
    CHECK(one->answers.at(i)->value().at(0).rows == std::vector<Row>{{std::to_string(i)}});
  }
}

TEST_CASE_METHOD(ClientFixture, "a large result comes whole, and one past the limit closes the connection",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  const Answer answer = ask(*one, {"SELECT n, repeat('x', 10) FROM generate_series(1, 50000) n"});
  REQUIRE(answer);
  REQUIRE(answer->at(0).rows.size() == 50000);
  CHECK(answer->at(0).rows.at(49999) == Row{"50000", "xxxxxxxxxx"});

  // Rows take memory also where they hold nothing.
  const std::string cells = GENERATE("repeat('x', 1000)", "NULL", "");
  const Answer failed = ask(*one, {"SELECT " + cells + " FROM pg_proc a, pg_proc b"});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == FailureKind::too_large);
  CHECK(failed.error().outcome == Outcome::unknown);
  CHECK(one->connection->is_closed());
  REQUIRE(one->log.closed.size() == 1);
  CHECK(one->log.closed.front().kind == FailureKind::too_large);
}

TEST_CASE_METHOD(ClientFixture, "notices come before the answer of their statement, and not more than 100",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  std::size_t notices_at_answer = 0;
  bool is_answered = false;
  one->connection->ask(
      {"DO $$ BEGIN RAISE NOTICE 'n %', 1; RAISE WARNING 'w' USING ERRCODE = 'TA002'; END $$"}, {30s, 0s},
      [&](const Answer& answer) {
        CHECK(answer);
        notices_at_answer = one->log.notices.size();
        is_answered = true;
      });
  until([&] { return is_answered; });
  REQUIRE(notices_at_answer == 2);
  CHECK(one->log.notices.at(0) == ErrorResponse{"NOTICE", "00000", "n 1", "", ""});
  CHECK(one->log.notices.at(1) == ErrorResponse{"WARNING", "TA002", "w", "", ""});

  CHECK(ask(*one, {"DO $$ BEGIN FOR i IN 1..1000 LOOP RAISE NOTICE '%', i; END LOOP; END $$"}));
  CHECK(one->log.notices.size() == 102);
  CHECK(ask(*one, {"DO $$ BEGIN RAISE NOTICE 'again'; END $$"}));
  CHECK(one->log.notices.size() == 103);
}

TEST_CASE_METHOD(ClientFixture, "what libpq cannot take is refused before anything is sent",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto one = connected(server.by_socket());
  const std::string zero("a\0b", 3);
  for (const Statement& statement : std::vector<Statement>{
           {"SELECT 1 -- " + zero}, {"SELECT $1", {zero}}, {"SELECT 1", Values(65536, "x")}}) {
    const Answer answer = ask(*one, statement);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == FailureKind::invalid);
    CHECK(answer.error().outcome == Outcome::not_sent);
  }
  // As many as the protocol can count reach the server.
  const Answer answer = ask(*one, {"SELECT $1::text", Values(65535, "x")});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().server.sqlstate == "08P01");
}

TEST_CASE_METHOD(ClientFixture, "a replication connection answers its commands", "[postgres_client]") {
  PostgresProcess server;
  Conninfo parameters = server.by_socket();
  parameters["replication"] = "true";
  const auto one = connected(parameters);

  const Answer system = ask(*one, {"IDENTIFY_SYSTEM", {}, Protocol::simple});
  REQUIRE(system);
  CHECK(system->at(0).columns == std::vector<std::string>{"systemid", "timeline", "xlogpos", "dbname"});
  CHECK(system->at(0).rows.at(0).at(1) == "1");
  CHECK(system->at(0).rows.at(0).at(3) == std::nullopt);
  CHECK(cell(*one, {"SHOW wal_level", {}, Protocol::simple}) == "replica");
  const Answer slot =
      ask(*one, {"CREATE_REPLICATION_SLOT a TEMPORARY PHYSICAL RESERVE_WAL", {}, Protocol::simple});
  REQUIRE(slot);
  CHECK(slot->at(0).rows.at(0).at(0) == "a");
  // The first timeline has no history.
  const Answer history = ask(*one, {"TIMELINE_HISTORY 1", {}, Protocol::simple});
  REQUIRE_FALSE(history);
  CHECK(history.error().server.sqlstate == "58P01");
  // It knows the simple protocol only, and goes on.
  const Answer extended = ask(*one, {"IDENTIFY_SYSTEM"});
  REQUIRE_FALSE(extended);
  CHECK(extended.error().server.sqlstate == "08P01");
  CHECK(ask(*one, {"IDENTIFY_SYSTEM", {}, Protocol::simple}));
}

TEST_CASE_METHOD(ClientFixture, "COPY and streaming are not supported and end the connection",
                 "[postgres_client]") {
  PostgresProcess server;
  Conninfo parameters = server.by_socket();
  const auto [replication, sql] =
      GENERATE(table<std::string, std::string>({{"", "COPY (SELECT 1) TO STDOUT"},
                                                {"", "COPY pg_class FROM STDIN"},
                                                {"true", "START_REPLICATION PHYSICAL 0/1000000"}}));
  parameters["replication"] = replication;
  const auto one = connected(parameters);
  const Answer answer = ask(*one, {sql, {}, Protocol::simple});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == FailureKind::unsupported);
  CHECK(one->connection->is_closed());
  // What waited, and what comes later, is told so.
  const Answer later = ask(*one, {"SELECT 1"});
  REQUIRE_FALSE(later);
  CHECK(later.error().kind == FailureKind::not_connected);
  CHECK(later.error().outcome == Outcome::not_sent);
}

TEST_CASE_METHOD(ClientFixture, "a connection may be asked and destroyed inside its callbacks",
                 "[postgres_client]") {
  PostgresProcess server;
  auto one = connected(server.by_socket());
  bool is_second = false;
  one->connection->ask({"SELECT 1"}, {30s, 0s}, [&](const Answer&) {
    one->connection->ask({"SELECT 2"}, {30s, 0s}, [&](const Answer& answer) {
      CHECK(answer);
      is_second = true;
      one->connection.reset();
    });
    one->connection->ask({"SELECT 3"}, {30s, 0s}, [](const Answer&) { FAIL("answered after destruction"); });
  });
  until([&] { return is_second && alive() == 0; });
  run_turns();
  CHECK(one->log.closed.empty());
}
