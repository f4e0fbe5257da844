#include "router/history/check_book.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

constexpr NodeId node{1};
TimePoint at(Duration since) {
  return TimePoint{1000s} + since;
}

PollAnswer answered(TimePoint sent, int status, AskKind asked = AskKind::master) {
  PollAnswer answer;
  answer.node = node;
  answer.asked = asked;
  answer.sent = sent;
  answer.status = status;
  answer.body.emplace();
  answer.body->state = "running";
  answer.body->role_text = "master";
  answer.body->timeline = 7;
  return answer;
}

PollAnswer silent(TimePoint sent, Silence silence, PollAnswer::Stage stage = PollAnswer::Stage::http) {
  PollAnswer answer;
  answer.node = node;
  answer.sent = sent;
  answer.silence = silence;
  answer.stage = stage;
  answer.words = "GET /master from \"a\", b: nothing\n";
  return answer;
}

}  // namespace

TEST_CASE("a node that was never asked is INI") {
  const CheckBook book;
  CHECK(book.of(node).status == "INI");
  CHECK_FALSE(book.of(node).at.has_value());
}

TEST_CASE("an answer tells status, code, duration and what was found") {
  CheckBook book;
  book.hear(answered(at(0ms), 200), at(3ms));
  CheckStats check = book.of(node);
  CHECK(check.status == "L7OK");
  CHECK(check.code == 200);
  CHECK(check.took == 3ms);
  CHECK(check.at == at(0ms));
  CHECK(check.asked == "/master");
  CHECK(check.words == "master running timeline 7");
  CHECK(check.durations.counts[2] == 1);

  book.hear(answered(at(1s), 503, AskKind::replica), at(1s + 1ms));
  check = book.of(node);
  CHECK(check.status == "L7STS");
  CHECK(check.code == 503);
  CHECK(check.asked == "/replica");
  CHECK(check.checks == 2);
  CHECK(check.failures == 0);
}

TEST_CASE("silences have HAProxy's names, without commas, quotes and line ends") {
  struct Case {
    Silence silence;
    PollAnswer::Stage stage;
    const char* status;
  };
  const Case one = GENERATE(Case{Silence::timeout, PollAnswer::Stage::connect, "L4TOUT"},
                            Case{Silence::timeout, PollAnswer::Stage::tls, "L6TOUT"},
                            Case{Silence::timeout, PollAnswer::Stage::http, "L7TOUT"},
                            Case{Silence::refused, PollAnswer::Stage::connect, "L4CON"},
                            Case{Silence::unreachable, PollAnswer::Stage::connect, "L4CON"},
                            Case{Silence::reset, PollAnswer::Stage::connect, "L4CON"},
                            Case{Silence::reset, PollAnswer::Stage::http, "L7RSP"},
                            Case{Silence::malformed, PollAnswer::Stage::http, "L7RSP"},
                            Case{Silence::unresolved, PollAnswer::Stage::http, "SOCKERR"});
  CheckBook book;
  book.hear(answered(at(0ms), 200), at(1ms));
  book.hear(silent(at(1s), one.silence, one.stage), at(1s + 5ms));
  const CheckStats check = book.of(node);
  CHECK(check.status == one.status);
  CHECK_FALSE(check.code.has_value());
  CHECK(check.words == "GET /master from 'a'; b: nothing ");
  CHECK(check.failures == 1);
  CHECK(check.silences == 1);
}

TEST_CASE("silences are counted until the next answer; a slow SQL is one") {
  CheckBook book;
  book.hear(silent(at(0s), Silence::timeout), at(2s));
  PollAnswer slow = answered(at(3s), 503);
  slow.body->state = "unknown";
  book.hear(slow, at(4s));
  CHECK(book.of(node).silences == 2);
  CHECK(book.of(node).status == "L7STS");
  book.hear(answered(at(5s), 200), at(5s));
  CHECK(book.of(node).silences == 0);
  CHECK(book.of(node).failures == 2);
  // An older one that comes late is counted only.
  book.hear(silent(at(4s), Silence::timeout), at(6s));
  CHECK(book.of(node).status == "L7OK");
  CHECK(book.of(node).silences == 0);
  CHECK(book.of(node).failures == 3);
}

TEST_CASE("durations go into the histogram, but for names without address") {
  CheckBook book;
  book.hear(answered(at(0s), 200), at(1ms));
  book.hear(answered(at(1s), 200), at(1s + 2ms));
  book.hear(silent(at(2s), Silence::timeout), at(12s));
  book.hear(silent(at(20s), Silence::unresolved), at(20s));
  const auto histogram = book.of(node).durations;
  CHECK(histogram.total() == 3);
  CHECK(histogram.counts.front() == 1);
  CHECK(histogram.counts[1] == 1);
  CHECK(histogram.counts.back() == 1);
  CHECK(histogram.sum_s == Approx(10.003));
}
