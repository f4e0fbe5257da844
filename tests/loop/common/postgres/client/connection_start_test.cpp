// How a session does not come about, and how several hosts are tried.
#include "common/postgres/error_response.h"
#include "tests/loop/common/postgres/client/fake_server.h"

using namespace tamada;
using namespace tamada::postgres;
using namespace std::string_literals;

namespace {

// What comes of a server that answers the start-up packet with `bytes` and hangs up.
Failure refusal_by(ClientFixture& fixture, const std::string& bytes) {
  FakeServer server(fixture);
  const auto one = fixture.client(server.parameters());
  server.accept();
  server.send(bytes);
  server.hang_up();
  fixture.until([&] { return !one->log.closed.empty(); });
  return one->log.closed.front();
}

}  // namespace

TEST_CASE_METHOD(ClientFixture, "who may not in is told so by kind and SQLSTATE", "[postgres_client]") {
  PostgresProcess server;
  const auto admin = connected(server.by_socket());
  CHECK(ask(*admin, {"CREATE ROLE alice LOGIN PASSWORD 'right'; CREATE ROLE full LOGIN CONNECTION LIMIT 0; "
                     "CREATE ROLE nobody LOGIN",
                     {},
                     Protocol::simple}));

  const auto alice = connected(server.by_tcp("alice", "right"));
  CHECK(cell(*alice, {"SELECT current_user"}) == "alice");
  CHECK(alice->connection->session().host_address == "127.0.0.1");

  const auto check = [](const Failure& failure, FailureKind kind, const std::string& sqlstate,
                        const std::string& words) {
    CHECK(std::string(name_of(failure.kind)) == name_of(kind));
    CHECK(failure.stage == Stage::login);
    CHECK(failure.outcome == Outcome::not_sent);
    CHECK(failure.server.sqlstate == sqlstate);
    CHECK(failure.server.message == words);
    CHECK(failure.error.kind == error_kind_of(kind));
    CHECK(failure.error.message.find("right") == std::string::npos);
  };
  check(refusal(server.by_tcp("alice", "wr0ng")), FailureKind::authentication, "28P01",
        "password authentication failed for user \"alice\"");
  check(refusal(server.by_tcp("nobody", "x")), FailureKind::authentication, "28000",
        "pg_hba.conf rejects connection for host \"127.0.0.1\", user \"nobody\", database \"postgres\", "
        "no encryption");
  check(refusal(server.by_socket("full")), FailureKind::rejected, "53300",
        "too many connections for role \"full\"");
  Conninfo elsewhere = server.by_socket();
  elsewhere["dbname"] = "elsewhere";
  check(refusal(elsewhere), FailureKind::rejected, "3D000", "database \"elsewhere\" does not exist");
  // Asked for a password, and none was given. (An empty value is as none; the file does not exist.)
  Conninfo without = server.by_tcp("alice", "");
  without["passfile"] = "/nonexistent";
  check(refusal(without), FailureKind::authentication, "", "");
}

TEST_CASE_METHOD(ClientFixture, "a server that shuts down or is gone is told apart", "[postgres_client]") {
  PostgresProcess server;
  auto held = connected(server.by_socket());
  server.signal(SIGTERM);  // smart: it waits for the session that is there
  Failure failure;
  until([&] {
    const auto next = client(server.by_socket());
    until([&] { return next->connection->is_closed() || next->connection->is_connected(); });
    if (next->connection->is_connected()) return false;
    failure = next->log.closed.front();
    return true;
  });
  CHECK(failure.kind == FailureKind::rejected);
  CHECK(failure.server.sqlstate == "57P03");
  CHECK(cell(*held, {"SELECT 1"}) == "1");

  held.reset();
  server.end(SIGTERM);
  for (const Conninfo& where : {server.by_socket(), server.by_tcp("postgres", "")}) {
    failure = refusal(where);
    CHECK(failure.kind == FailureKind::refused);
    CHECK(failure.stage <= Stage::connect);
    CHECK(failure.server == ErrorResponse{});
    CHECK(failure.error.kind == ErrorKind::refused);
  }
}

TEST_CASE_METHOD(ClientFixture, "a name without an address and a wrong parameter are told apart",
                 "[postgres_client]") {
  Failure failure = refusal({{"host", "no-such-name.invalid"}});
  CHECK(failure.kind == FailureKind::unreachable);
  CHECK(failure.stage == Stage::start);
  failure = refusal({{"host", "127.0.0.1"}, {"no_such_key", "1"}});
  CHECK(failure.kind == FailureKind::invalid);
  CHECK(failure.outcome == Outcome::not_sent);
  failure = refusal({{"host", std::string("a\0b", 3)}});
  CHECK(failure.kind == FailureKind::invalid);
  // libpq tells a wrong value of a known parameter in words only.
  failure = refusal({{"host", "127.0.0.1"}, {"sslmode", "perhaps"}});
  CHECK(failure.kind == FailureKind::unreachable);
  CHECK(failure.error.message.find("perhaps") != std::string::npos);
}

TEST_CASE_METHOD(ClientFixture, "who accepts and says nothing costs the limit, and its thread comes back",
                 "[postgres_client]") {
  const FakeServer server(*this);
  const std::string mode = GENERATE("disable", "require");
  Conninfo parameters = server.parameters();
  parameters["sslmode"] = mode;
  const TimePoint begun = loop::boot_now();
  const auto one = client(parameters, 2s);
  const std::size_t asked = one->ask({"SELECT 1"});
  until([&] { return !one->log.closed.empty(); });
  CHECK(loop::boot_now() - begun >= 2s);
  const Failure& failure = one->log.closed.front();
  CHECK(failure.kind == FailureKind::timed_out);
  CHECK(failure.stage == (mode == "require" ? Stage::encryption : Stage::login));
  CHECK(one->failure(asked).kind == FailureKind::timed_out);
  CHECK(one->failure(asked).outcome == Outcome::not_sent);
  until([&] { return alive() == 0; });
}

TEST_CASE_METHOD(ClientFixture, "what is no PostgreSQL, or hangs up, is unreachable", "[postgres_client]") {
  const std::string bytes = GENERATE(""s, "HTTP/1.1 400 Bad Request\r\n\r\n"s, "R\0\0\0\x08\0\0"s,
                                     std::string(1000, '\0'), "Ecould not fork new process: no memory\n\0"s);
  const Failure failure = refusal_by(*this, bytes);
  INFO(failure.error.message);
  CHECK(failure.kind == FailureKind::unreachable);
  CHECK(failure.stage == Stage::login);
  CHECK(failure.server.sqlstate.empty());
}

TEST_CASE_METHOD(ClientFixture, "a server's refusal is read from its packet, whatever its words are",
                 "[postgres_client]") {
  const Failure failure = refusal_by(*this, build_fatal("53300", "x:  28P01: y\nFATAL:  28P01: z"));
  CHECK(failure.kind == FailureKind::rejected);
  CHECK(failure.server.sqlstate == "53300");
  CHECK(failure.server.message == "x:  28P01: y");
  CHECK(failure.error.message.find('\n') == std::string::npos);
}

TEST_CASE_METHOD(ClientFixture, "several hosts are tried in their order, each with its share of the time",
                 "[postgres_client]") {
  PostgresProcess server;
  const auto admin = connected(server.by_socket());
  CHECK(ask(*admin, {"CREATE ROLE alice LOGIN PASSWORD 'right'"}));
  const UniqueFd silent = loop::raw_server();
  const UniqueFd nobody = loop::closed_port();
  Conninfo parameters = server.by_tcp("alice", "right");
  parameters["host"] = "127.0.0.1,127.0.0.1,127.0.0.1";
  parameters["port"] = std::to_string(loop::socket_address(nobody.get()).port()) + "," +
                       std::to_string(loop::socket_address(silent.get()).port()) + "," + server.port();
  const auto one = client(parameters, 6s);
  until([&] { return one->connection->is_connected() || one->connection->is_closed(); });
  REQUIRE(one->connection->is_connected());
  CHECK(one->connection->session().port == server.port());

  // A refused password ends it; the silent host does not.
  parameters["password"] = "wr0ng";
  const Failure failure = refusal(parameters, 6s);
  CHECK(failure.server.sqlstate == "28P01");
  CHECK(failure.error.message.find("share of the time") != std::string::npos);
}

TEST_CASE_METHOD(ClientFixture, "target_session_attrs is what libpq makes of it", "[postgres_client]") {
  PostgresProcess server;
  Conninfo parameters = server.by_socket();
  parameters["target_session_attrs"] = "standby";
  const Failure failure = refusal(parameters);
  CHECK(failure.kind == FailureKind::unreachable);
  CHECK(failure.stage == Stage::session);
  parameters["target_session_attrs"] = "read-write";
  CHECK(connected(parameters)->connection->is_connected());
  // No standby in the first round, so any in the second.
  parameters["host"] = parameters["host"] + "," + parameters["host"];
  parameters["target_session_attrs"] = "prefer-standby";
  CHECK(connected(parameters)->connection->is_connected());
}
