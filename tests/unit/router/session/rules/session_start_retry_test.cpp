// Servers that are exchanged unseen, and those that are not.
#include "tests/unit/router/session/rules/session_start_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE("57P03 and 57P01 before anything else are retried unseen, however they are cut",
          "[session_start]") {
  for (const std::string& error : {starting_up, postgres::build_fatal("57P01", "shutting down")}) {
    for (std::size_t cut = 1; cut <= error.size(); ++cut) {
      StartFixture f;
      f.up_to_server(startup_message());
      StartStep step = f.server(error.substr(0, cut));
      if (cut < error.size()) {
        REQUIRE(step.to_client.empty());
        REQUIRE(step.next == StartNext::wait_server);
        step = f.server(error.substr(cut));
      }
      REQUIRE(step.next == StartNext::retry);
      REQUIRE(step.cause == RetryCause::not_ready);
      REQUIRE(step.to_client.empty());
      REQUIRE((*f).take_hint() ==
              (error == starting_up ? SessionHint::Kind::starting_up : SessionHint::Kind::shutting_down));
      REQUIRE((*f).server_connected().to_server == startup_message());
      REQUIRE(f.server(auth_ok + ready).next == StartNext::relay);
    }
  }
}

TEST_CASE("a retry says in words what the server said", "[session_start]") {
  StartFixture f;
  f.up_to_server(startup_message());
  CHECK(f.server(starting_up).why == "the server said 57P03 \"the database system is starting up\"");
}

TEST_CASE("any other error is the client's, whole and in order", "[session_start]") {
  for (std::size_t cut = 1; cut <= wrong_password.size(); ++cut) {
    StartFixture f;
    f.up_to_server(startup_message());
    std::string seen = f.server(wrong_password.substr(0, cut)).to_client;
    if (cut < wrong_password.size()) {
      const StartStep step = f.server(wrong_password.substr(cut));
      seen += step.to_client;
      REQUIRE(step.next == StartNext::relay);
    }
    REQUIRE(seen == wrong_password);
    REQUIRE((*f).is_started());
    REQUIRE_FALSE((*f).take_hint());
  }
}

TEST_CASE("an error to SSLRequest is retried or passed on like one to the StartupMessage",
          "[session_start]") {
  StartFixture f;
  f.up_to_server(postgres::build_ssl_request());
  CHECK(f.server(starting_up.substr(0, 1)).next == StartNext::wait_server);
  CHECK(f.server(starting_up.substr(1)).next == StartNext::retry);
  CHECK((*f).server_connected().to_server == postgres::build_ssl_request());
  CHECK(f.server(wrong_password).to_client == wrong_password);
}

TEST_CASE("57P03 after the server has talked is passed on and is still a hint", "[session_start]") {
  StartFixture f;
  f.up_to_server(startup_message());
  CHECK(f.server(auth_sasl).to_client == auth_sasl);
  CHECK_FALSE((*f).can_retry());
  const StartStep step = f.server(starting_up);
  CHECK(step.to_client == starting_up);
  CHECK(step.next == StartNext::relay);
  CHECK((*f).take_hint() == SessionHint::Kind::starting_up);
}

TEST_CASE("57P01 in one burst with the authentication is retried unseen, but is no hint", "[session_start]") {
  StartFixture f;
  f.up_to_server(startup_message());
  const StartStep step = f.server(auth_ok + postgres::build_fatal("57P01", "shutting down"));
  CHECK(step.next == StartNext::retry);
  CHECK(step.to_client.empty());
  CHECK_FALSE((*f).take_hint());
  CHECK((*f).server_connected().to_server == startup_message());
  CHECK(f.server(auth_ok + ready).next == StartNext::relay);
}

TEST_CASE("57P01 after authentication is no hint", "[session_start]") {
  StartFixture f;
  f.up_to_server(startup_message());
  (void)f.server(auth_ok);
  (void)f.server(postgres::build_fatal("57P01", "terminated"));
  CHECK_FALSE((*f).take_hint());
}

TEST_CASE("after an N the StartupMessage goes straight to the next server", "[session_start]") {
  StartFixture f;
  f.up_to_n();
  CHECK(f.client(startup_message()).to_server == startup_message());
  REQUIRE((*f).can_retry());
  CHECK(f.server(starting_up).next == StartNext::retry);
  CHECK((*f).server_connected().to_server == startup_message());
  CHECK(f.server(auth_ok + ready).next == StartNext::relay);
}

TEST_CASE("a server lost between N and the StartupMessage is exchanged too", "[session_start]") {
  StartFixture f;
  f.up_to_n();
  REQUIRE((*f).can_retry());
  CHECK((*f).server_lost(RetryCause::reset, "reset").next == StartNext::retry);
  SECTION("the next server is there before the client goes on") {
    CHECK((*f).server_connected().to_server.empty());
    CHECK(f.client(startup_message()).to_server == startup_message());
  }
  SECTION("the client goes on before the next server is there") {
    const StartStep step = f.client(startup_message());
    CHECK(step.next == StartNext::wait_server);
    CHECK(step.to_server.empty());
    CHECK((*f).server_connected().to_server == startup_message());
  }
}

TEST_CASE("a server that dies right after its N is exchanged, and its error is not seen", "[session_start]") {
  const std::string dying = postgres::build_fatal("57P01", "unexpected postmaster exit");
  StartFixture f;
  f.up_to_server(postgres::build_ssl_request());
  const StartStep step = f.server("N" + dying);
  CHECK(step.to_client == "N");
  CHECK(step.next == StartNext::retry);
  CHECK((*f).server_connected().to_server.empty());
  CHECK(f.client(startup_message()).to_server == startup_message());
  CHECK(f.server(auth_ok + ready).next == StartNext::relay);
}

TEST_CASE("what else follows an N unasked is the client's to judge", "[session_start]") {
  StartFixture f;
  f.up_to_server(postgres::build_ssl_request());
  const std::string other = GENERATE(std::string("x"), wrong_password);
  const StartStep step = f.server("N" + other);
  CHECK(step.to_client == "N" + other);
  CHECK(step.next == StartNext::relay);
}
