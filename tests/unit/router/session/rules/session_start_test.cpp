// The beginning of a session, from its first byte on.
#include "tests/unit/router/session/rules/session_start_fixture.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE("a plain start-up asks for a server and ends in relay with the cancel key known",
          "[session_start]") {
  StartFixture f;
  REQUIRE((*f).begin().next == StartNext::wait_client);
  f.up_to_server(startup_message());
  StartStep step = f.server(auth_sasl);
  CHECK(step.to_client == auth_sasl);
  CHECK(step.next == StartNext::wait_server);
  CHECK(f.client("p-word").to_server == "p-word");
  step = f.server(auth_ok + key_data + ready + "more");
  CHECK(step.to_client == auth_ok + key_data + ready + "more");
  CHECK(step.next == StartNext::relay);
  CHECK((*f).is_started());
  const auto key = (*f).take_key();
  REQUIRE(key);
  CHECK(key->pid == 4242);
  CHECK((*f).identity().user == "alice");
  CHECK((*f).identity().database == "shop");
  CHECK((*f).identity().application == "psql");
}

TEST_CASE("a first packet is understood the same however it is cut", "[session_start]") {
  for (const std::string& packet :
       {startup_message(), postgres::build_ssl_request(), postgres::build_gss_enc_request(),
        postgres::build_cancel_request({7, "abcd"})}) {
    for (std::size_t cut = 1; cut < packet.size(); ++cut) {
      StartFixture f;
      REQUIRE(f.client(packet.substr(0, cut)).next == StartNext::wait_client);
      const StartNext next = f.client(packet.substr(cut)).next;
      REQUIRE((next == StartNext::admit || next == StartNext::cancel));
      if (next == StartNext::admit) REQUIRE((*f).server_connected().to_server == packet);
    }
  }
}

TEST_CASE("every order of encryption requests reaches the server in turn", "[session_start]") {
  const std::string ssl = postgres::build_ssl_request();
  const std::string gss = postgres::build_gss_enc_request();
  for (const auto& order :
       {std::vector{ssl}, std::vector{gss}, std::vector{gss, ssl}, std::vector{ssl, gss}}) {
    StartFixture f;
    bool first = true;
    for (const std::string& request : order) {
      const StartStep asked = f.client(request);
      CHECK(asked.next == (first ? StartNext::admit : StartNext::wait_server));
      if (first) {
        CHECK((*f).server_connected().to_server == request);
      } else {
        CHECK(asked.to_server == request);
      }
      first = false;
      const StartStep answered = f.server("N");
      CHECK(answered.to_client == "N");
      CHECK(answered.next == StartNext::wait_client);
    }
    CHECK(f.client(startup_message()).to_server == startup_message());
    CHECK(f.server(auth_ok + ready).next == StartNext::relay);
    CHECK((*f).is_started());
  }
}

TEST_CASE("each kind of encryption may be asked for once", "[session_start]") {
  const std::string ssl = postgres::build_ssl_request();
  const std::string gss = postgres::build_gss_enc_request();
  const auto [first, second] = GENERATE_COPY(std::pair(ssl, gss), std::pair(gss, ssl));
  StartFixture f;
  f.up_to_server(first);
  (void)f.server("N");
  CHECK(f.client(second).to_server == second);
  (void)f.server("N");
  const std::string again = GENERATE_COPY(ssl, gss);
  const StartStep step = f.client(again);
  CHECK(step.next == StartNext::end);
  CHECK(step.end == EndReason::bad_start);
  CHECK(step.why == "the client asked for the same encryption twice");
  CHECK(step.to_client == postgres::build_fatal("08P01", "the client asked for the same encryption twice"));
}

TEST_CASE("a refused client may ask for each kind of encryption once, too", "[session_start]") {
  StartFixture f;
  (void)f.client(postgres::build_ssl_request());
  CHECK((*f).refuse(no_leader, EndReason::wait_expired).to_client == "N");
  CHECK(f.client(postgres::build_ssl_request()).end == EndReason::bad_start);
}

TEST_CASE("whoever is to say the next word owes it", "[session_start]") {
  StartFixture f;
  (void)(*f).begin();
  CHECK((*f).client_owes());
  const std::string ssl = postgres::build_ssl_request();
  (void)f.client(ssl.substr(0, 5));
  CHECK((*f).client_owes());
  CHECK((*f).client_broke_off());
  REQUIRE(f.client(ssl.substr(5)).next == StartNext::admit);
  CHECK_FALSE((*f).client_owes());
  CHECK_FALSE((*f).client_broke_off());
  (void)(*f).server_connected();
  CHECK_FALSE((*f).client_owes());
  (void)f.server("N");
  CHECK((*f).client_owes());
  CHECK_FALSE((*f).server_takes_sessions());  // 57P03 would come later
  (void)f.client(startup_message());
  CHECK_FALSE((*f).client_owes());
  (void)f.server(auth_sasl.substr(0, 10));
  CHECK_FALSE((*f).client_owes());
  (void)f.server(auth_sasl.substr(10));
  CHECK((*f).client_owes());
  CHECK((*f).server_takes_sessions());
  const std::string answer = message('p', "p-word");
  (void)f.client(answer.substr(0, 7));
  CHECK((*f).client_owes());  // a part of an answer is none
  (void)f.client(answer.substr(7));
  CHECK_FALSE((*f).client_owes());
  (void)f.server(message('R', u32(12) + "v=..."));  // SASLFinal asks nothing
  CHECK_FALSE((*f).client_owes());
  (void)f.server(auth_ok + key_data);
  CHECK_FALSE((*f).client_owes());
}

TEST_CASE("an answer that came ahead of its question is not owed any more", "[session_start]") {
  StartFixture f;
  (void)f.client(startup_message() + message('p', "p-word"));
  (void)(*f).server_connected();
  (void)f.server(message('R', u32(3)));
  CHECK_FALSE((*f).client_owes());
  (void)f.server(message('R', u32(3)));
  CHECK((*f).client_owes());
  (void)f.client(message('p', "again"));
  CHECK_FALSE((*f).client_owes());
}

TEST_CASE("a client whose time is over is told so where it can read it", "[session_start]") {
  StartFixture f;
  SECTION("asked for its password") {
    f.up_to_server(startup_message());
    (void)f.server(auth_sasl);
    const StartStep step = (*f).give_up();
    CHECK(step.next == StartNext::end);
    CHECK(step.end == EndReason::startup_timeout);
    CHECK(step.to_client == postgres::build_fatal("57014", "the client did not answer the server in time"));
  }
  SECTION("before its StartupMessage") {
    f.up_to_n();
    CHECK((*f).give_up().end == EndReason::startup_timeout);
    CHECK((*f).give_up().to_client.empty());
  }
  SECTION("refused, and not told yet") {
    (void)f.client(postgres::build_ssl_request());
    (void)(*f).refuse(no_leader, EndReason::wait_expired);
    CHECK((*f).give_up().end == EndReason::wait_expired);
    CHECK((*f).give_up().why == no_leader.message);
  }
}

TEST_CASE("after S or G everything is passed on and not known to be started", "[session_start]") {
  for (const char* answer : {"S", "G"}) {
    StartFixture f;
    f.up_to_server(answer[0] == 'S' ? postgres::build_ssl_request() : postgres::build_gss_enc_request());
    const StartStep step = f.server(answer);
    CHECK(step.to_client == answer);
    CHECK(step.next == StartNext::relay);
    CHECK_FALSE((*f).is_started());
    CHECK_FALSE((*f).can_retry());
  }
}

TEST_CASE("direct TLS is sent as it is, and again to the next server until one has answered",
          "[session_start]") {
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on", 21);
  StartFixture f;
  f.up_to_server(hello);
  CHECK(f.client("rest").to_server == "rest");
  REQUIRE((*f).can_retry());
  CHECK((*f).server_lost(RetryCause::reset, "reset").next == StartNext::retry);
  CHECK((*f).server_connected().to_server == hello + "rest");
  const StartStep step = f.server("\x16\x03\x03");
  CHECK(step.next == StartNext::relay);
  CHECK_FALSE((*f).can_retry());
}

TEST_CASE("a client that is refused reads the reason in its own protocol", "[session_start]") {
  const std::string fatal = postgres::build_fatal("57P03", "no leader for 60 s", {}, "retry");
  StartFixture f;
  SECTION("waiting for the answer to its StartupMessage") {
    (void)f.client(startup_message());
    const StartStep step = (*f).refuse(no_leader, EndReason::wait_expired);
    CHECK(step.to_client == fatal);
    CHECK(step.next == StartNext::end);
    CHECK(step.end == EndReason::wait_expired);
  }
  SECTION("waiting for the answer to SSLRequest: first N, then the error") {
    (void)f.client(postgres::build_ssl_request());
    StartStep step = (*f).refuse(no_leader, EndReason::wait_expired);
    CHECK(step.to_client == "N");
    CHECK(step.next == StartNext::wait_client);
    REQUIRE((*f).refused() != nullptr);
    CHECK((*f).refused()->end == EndReason::wait_expired);
    CHECK_FALSE((*f).can_retry());
    step = f.client(postgres::build_gss_enc_request());
    CHECK(step.to_client == "N");
    step = f.client(startup_message());
    CHECK(step.to_client == fatal);
    CHECK(step.next == StartNext::end);
  }
  SECTION("between N and its StartupMessage") {
    f.up_to_n();
    (void)(*f).server_lost(RetryCause::reset, "reset");
    StartStep step = (*f).refuse(no_leader, EndReason::wait_expired);
    CHECK(step.to_client.empty());
    CHECK(step.next == StartNext::wait_client);
    CHECK(f.client(startup_message()).to_client == fatal);
  }
  SECTION("direct TLS cannot be told") {
    (void)f.client(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
    const StartStep step = (*f).refuse(no_leader, EndReason::turned_away);
    CHECK(step.to_client.empty());
    CHECK(step.next == StartNext::end);
    CHECK(step.why == "no leader for 60 s");
  }
}

TEST_CASE("a cancel request is no session, also after an N", "[session_start]") {
  StartFixture f;
  SECTION("at once") {}
  SECTION("after an N") {
    f.up_to_n();
  }
  CHECK(f.client(postgres::build_cancel_request({4242, "abcd"})).next == StartNext::cancel);
  CHECK((*f).cancel_request() == postgres::CancelRequest{4242, "abcd"});
}

TEST_CASE("junk is answered readably where the protocol allows and ends the session", "[session_start]") {
  StartFixture f;
  SECTION("HTTP") {
    const StartStep step = f.client("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(step.next == StartNext::end);
    CHECK(step.end == EndReason::bad_start);
    CHECK(step.to_client.substr(0, 12) == "HTTP/1.0 400");
  }
  SECTION("2 GB") {
    const StartStep step = f.client(std::string("\x7f\xff\xff\xff", 4));
    CHECK(step.next == StartNext::end);
    CHECK(step.why.find("2147483647") != std::string::npos);
  }
  SECTION("bytes behind an SSLRequest") {
    const StartStep step = f.client(postgres::build_ssl_request() + "x");
    CHECK(step.next == StartNext::end);
    CHECK(step.why == "the client sent more bytes after an encryption request without waiting");
  }
  SECTION("bytes after an SSLRequest that waits") {
    (void)f.client(postgres::build_ssl_request());
    CHECK(f.client("x").next == StartNext::end);
  }
  SECTION("a flood while waiting") {
    (void)f.client(startup_message());
    CHECK(f.client(std::string(64 * 1024, 'x')).next == StartNext::end);
  }
}

TEST_CASE("what a client pipelines behind its StartupMessage follows it to every server", "[session_start]") {
  StartFixture f;
  CHECK(f.client(startup_message() + "query").next == StartNext::admit);
  CHECK(f.client("more").next == StartNext::wait_server);
  CHECK((*f).server_connected().to_server == startup_message() + "querymore");
  CHECK(f.client("and more").to_server == "and more");
  CHECK(f.server(starting_up).next == StartNext::retry);
  CHECK((*f).server_connected().to_server == startup_message() + "querymoreand more");
}

TEST_CASE("a session that sent too much ahead is bound to its server", "[session_start]") {
  StartFixture f;
  f.up_to_server(startup_message());
  const std::string flood(64 * 1024, 'x');
  CHECK(f.client(flood).to_server == flood);
  CHECK_FALSE((*f).can_retry());
  const StartStep step = f.server(starting_up);
  CHECK(step.to_client == starting_up);
  CHECK(step.next == StartNext::relay);
}

TEST_CASE("allow and deny lists are checked before anything is read", "[session_start]") {
  StartFixture f;
  f.rules.deny = {*Network::parse("192.0.2.0/24")};
  const StartStep step = (*f).begin();
  CHECK(step.next == StartNext::end);
  CHECK(step.end == EndReason::denied);
  f.rules.deny = {};
  f.rules.allow = {*Network::parse("10.0.0.0/8")};
  CHECK((*f).begin().end == EndReason::denied);
  CHECK((*f).begin().next == StartNext::end);
  f.rules.allow.push_back(*Network::parse("192.0.2.7"));
  CHECK((*f).begin().next == StartNext::wait_client);
}

TEST_CASE("a trusted proxy names the client, who is then checked", "[session_start]") {
  StartFixture f;
  f.rules.proxy_from = {*Network::parse("192.0.2.0/24")};
  f.rules.deny = {*Network::parse("203.0.113.0/24")};
  f.start.emplace(f.rules, peer, local);
  REQUIRE((*f).begin().next == StartNext::wait_client);
  const std::string header = build_proxy_v2(*Address::from_ip("198.51.100.9", 1234), local);
  SECTION("the header in pieces, then the packet") {
    for (const char byte : header) CHECK(f.client(std::string(1, byte)).next == StartNext::wait_client);
    CHECK((*f).client().to_string() == "198.51.100.9:1234");
    CHECK(f.client(startup_message()).next == StartNext::admit);
  }
  SECTION("header and packet at once") {
    CHECK(f.client("PROXY TCP4 198.51.100.9 192.0.2.1 1234 5000\r\n" + startup_message()).next ==
          StartNext::admit);
    CHECK((*f).client().to_string() == "198.51.100.9:1234");
  }
  SECTION("a denied client behind it") {
    const StartStep step = f.client("PROXY TCP4 203.0.113.9 192.0.2.1 1234 5000\r\n" + startup_message());
    CHECK(step.next == StartNext::end);
    CHECK(step.end == EndReason::denied);
  }
  SECTION("without the header nobody comes in") {
    const StartStep step = f.client(startup_message());
    CHECK(step.next == StartNext::end);
    CHECK(step.end == EndReason::bad_proxy_header);
    CHECK(step.to_client.empty());
  }
}

TEST_CASE("a PROXY header from a source that is not trusted is junk", "[session_start]") {
  StartFixture f;
  const StartStep step = f.client("PROXY TCP4 198.51.100.9 192.0.2.1 1234 5000\r\n");
  CHECK(step.next == StartNext::end);
  CHECK(step.end == EndReason::bad_start);
}

TEST_CASE("every server is sent the PROXY header before the client's packet", "[session_start]") {
  StartFixture f;
  f.rules.send_proxy = true;
  const std::string header = build_proxy_v2(peer, local);
  (void)f.client(startup_message());
  CHECK((*f).server_connected().to_server == header + startup_message());
  CHECK(f.server(starting_up).next == StartNext::retry);
  CHECK((*f).server_connected().to_server == header + startup_message());
}

TEST_CASE("what is not PostgreSQL's goes to the client as it is", "[session_start]") {
  StartFixture f;
  f.up_to_server(startup_message());
  const StartStep step = f.server("220 smtp ready\r\n");
  CHECK(step.to_client == "220 smtp ready\r\n");
  CHECK(step.next == StartNext::relay);
}

TEST_CASE("long names are cut", "[session_start]") {
  StartFixture f;
  (void)f.client(postgres::build_startup_message({3, 0, {{"user", std::string(500, 'u')}}}));
  CHECK((*f).identity().user.size() == SessionStart::name_max);
}
