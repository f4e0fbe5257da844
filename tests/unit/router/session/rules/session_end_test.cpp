#include "router/session/rules/session_end.h"

#include <catch2/catch.hpp>

using namespace tamada::router;

TEST_CASE("an orderly close of a running session is a normal end", "[session_end]") {
  CHECK(haproxy_letters(EndReason::client_closed, Phase::relay) == "--");
  CHECK(haproxy_letters(EndReason::server_closed, Phase::closing) == "--");
  CHECK(haproxy_letters(EndReason::server_closed, Phase::startup) == "--");
}

TEST_CASE("HAProxy's letters tell who and where", "[session_end]") {
  CHECK(haproxy_letters(EndReason::client_closed, Phase::hold) == "CQ");
  CHECK(haproxy_letters(EndReason::client_reset, Phase::relay) == "CD");
  CHECK(haproxy_letters(EndReason::server_reset, Phase::relay) == "SD");
  CHECK(haproxy_letters(EndReason::startup_timeout, Phase::first_packet) == "cR");
  CHECK(haproxy_letters(EndReason::wait_expired, Phase::hold) == "sQ");
  CHECK(haproxy_letters(EndReason::denied, Phase::first_packet) == "PR");
  CHECK(haproxy_letters(EndReason::cut_demoted, Phase::connect) == "DC");
  CHECK(haproxy_letters(EndReason::ended_by_hand, Phase::relay) == "KD");
  CHECK(haproxy_letters(EndReason::client_fin_timeout, Phase::closing) == "cL");
}

TEST_CASE("every cut has its own reason and is the router's doing", "[session_end]") {
  CHECK(word_of(end_reason_of(CutCause::demoted)) == "node-demoted");
  CHECK(word_of(end_reason_of(CutCause::superseded)) == "node-superseded");
  CHECK(word_of(end_reason_of(CutCause::failed)) == "node-failed");
  CHECK(word_of(end_reason_of(CutCause::lagging)) == "node-lagging");
  CHECK(word_of(end_reason_of(CutCause::promoted)) == "node-promoted");
  CHECK(word_of(end_reason_of(CutCause::refused)) == "node-refused");
  CHECK(word_of(end_reason_of(CutCause::maintenance)) == "maintenance");
  CHECK(ended_by(EndReason::cut_failed) == EndedBy::router);
  CHECK(word_of(EndedBy::router) == "router");
  CHECK(word_of(Phase::first_packet) == "first-packet");
}

TEST_CASE("what ended badly is a failure, what was orderly or asked for is none", "[session_end]") {
  for (const EndReason good :
       {EndReason::client_closed, EndReason::client_reset, EndReason::server_closed, EndReason::nothing_sent,
        EndReason::ended_by_hand, EndReason::cut_maintenance}) {
    CHECK_FALSE(is_failure(good, Phase::relay));
  }
  for (const EndReason bad :
       {EndReason::server_reset,       EndReason::startup_timeout,    EndReason::made_room,
        EndReason::bad_start,          EndReason::bad_proxy_header,   EndReason::denied,
        EndReason::wait_expired,       EndReason::turned_away,        EndReason::idle_timeout,
        EndReason::client_fin_timeout, EndReason::server_fin_timeout, EndReason::draining,
        EndReason::drain_limit,        EndReason::shutdown,           EndReason::cut_demoted,
        EndReason::cut_superseded,     EndReason::cut_failed,         EndReason::cut_lagging,
        EndReason::cut_promoted,       EndReason::cut_refused}) {
    CHECK(is_failure(bad, Phase::relay));
  }
}

TEST_CASE("a client that leaves while it waits for a server gave up, which is a failure", "[session_end]") {
  for (const EndReason left : {EndReason::client_closed, EndReason::client_reset}) {
    CHECK_FALSE(is_failure(left, Phase::first_packet));
    CHECK(is_failure(left, Phase::hold));
    CHECK(is_failure(left, Phase::connect));
    CHECK_FALSE(is_failure(left, Phase::startup));
  }
}
