// TLS as libpq does it: who the server is, and what is asked for where.
#include "tests/loop/common/http/http_certificates.h"
#include "tests/loop/common/postgres/client/client_fixture.h"

using namespace tamada;
using namespace tamada::postgres;

TEST_CASE_METHOD(ClientFixture, "a server is believed by its certificate, and no other is",
                 "[postgres_client]") {
  http::Certificates certificates;
  certificates.make("server", "DNS:localhost,IP:127.0.0.1");
  certificates.make_authority("stranger");
  PostgresProcess server(certificates.pem("server"), certificates.key("server"));
  const auto admin = connected(server.by_socket());
  CHECK(ask(*admin, {"CREATE ROLE tls_only LOGIN PASSWORD 'right'"}));
  Conninfo parameters = server.by_tcp("tls_only", "right");
  parameters["sslmode"] = "verify-full";
  parameters["sslrootcert"] = certificates.pem("ca");

  const auto one = connected(parameters);
  CHECK(one->connection->session().is_encrypted);
  CHECK(cell(*one, {"SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"}) == "t");
  // More than a TLS record and libpq's buffer hold.
  const Answer large = ask(*one, {"SELECT repeat('x', 100000) FROM generate_series(1, 50)"});
  REQUIRE(large);
  CHECK(large->at(0).rows.size() == 50);
  // A cancel request of this libpq goes in clear; a server that takes it so gives up the statement.
  const std::size_t asked = one->ask({"SELECT pg_sleep(1000)"}, {30s, 300ms});
  until([&] { return one->answers.at(asked).has_value(); });
  CHECK(one->failure(asked).server.sqlstate == "57014");

  parameters["sslrootcert"] = certificates.pem("stranger");
  Failure failure = refusal(parameters);
  CHECK(failure.kind == FailureKind::unreachable);
  CHECK(failure.stage == Stage::encryption);
  CHECK(failure.server == ErrorResponse{});

  parameters["sslrootcert"] = certificates.pem("ca");
  parameters["host"] = "elsewhere.example";
  parameters["hostaddr"] = "127.0.0.1";
  failure = refusal(parameters);
  CHECK(failure.kind == FailureKind::unreachable);
  CHECK(failure.stage == Stage::encryption);

  parameters["host"] = "localhost";
  parameters["password"] = "wr0ng";
  failure = refusal(parameters);
  CHECK(failure.kind == FailureKind::authentication);
  CHECK(failure.server.sqlstate == "28P01");

  parameters["sslmode"] = "disable";
  failure = refusal(parameters);
  CHECK(failure.kind == FailureKind::authentication);
  CHECK(failure.server.sqlstate == "28000");
}

TEST_CASE_METHOD(ClientFixture, "a certificate that signed itself is believed when it is the root",
                 "[postgres_client]") {
  http::Certificates certificates;
  certificates.run(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=self -addext subjectAltName=DNS:localhost -keyout self.key -out self.pem");
  PostgresProcess server(certificates.pem("self"), certificates.key("self"));
  const auto admin = connected(server.by_socket());
  CHECK(ask(*admin, {"CREATE ROLE tls_only LOGIN PASSWORD 'right'"}));
  Conninfo parameters = server.by_tcp("tls_only", "right");
  parameters["host"] = "localhost";
  parameters["hostaddr"] = "127.0.0.1";
  parameters["sslmode"] = "verify-full";
  parameters["sslrootcert"] = certificates.pem("self");
  CHECK(connected(parameters)->connection->session().is_encrypted);
  parameters["sslrootcert"] = "/nonexistent";
  CHECK(refusal(parameters).kind == FailureKind::unreachable);
}

TEST_CASE_METHOD(ClientFixture, "a server without TLS is no server where TLS is required",
                 "[postgres_client]") {
  PostgresProcess server;
  Conninfo parameters = server.by_tcp("postgres", "x");
  parameters["sslmode"] = "require";
  const Failure failure = refusal(parameters);
  CHECK(failure.kind == FailureKind::unreachable);
  CHECK(failure.server == ErrorResponse{});
}
