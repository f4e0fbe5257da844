#include "router/poll/poll_answers.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

constexpr TimePoint asked_at{10s};
constexpr TimePoint sent_at{11s};

http::Response response(int status, const char* body) {
  http::Response one;
  one.status = status;
  one.body = body;
  one.sent_at = sent_at;
  return one;
}

AskedOf asked(AskKind kind) {
  return {{NodeId{1}, kind}, asked_at};
}

PollAnswer poll(const http::Outcome<http::Response>& answer) {
  return std::get<PollAnswer>(answer_of(asked(AskKind::master), answer));
}

TEST_CASE("code and body of a poll are handed on, dated when the request was sent", "[poll_answers]") {
  const PollAnswer answer = poll(response(503, R"({"state":"running","role":"replica"})"));
  CHECK(answer.node == NodeId{1});
  CHECK(answer.asked == AskKind::master);
  CHECK(answer.sent == sent_at);
  CHECK(answer.status == 503);
  REQUIRE(answer.body);
  CHECK(answer.body->role == patroni::NodeRole::replica);
  CHECK_FALSE(answer.silence);
}

TEST_CASE("what is not Patroni's answer is a silence, and its words say what came", "[poll_answers]") {
  for (const char* body : {"", "<html>", "{\"state\":", "{\"state\": 7}"}) {
    const PollAnswer answer = poll(response(200, body));
    CHECK(answer.status == 0);
    CHECK_FALSE(answer.body);
    CHECK(answer.silence == Silence::malformed);
    CHECK(answer.words.rfind("GET /master: HTTP 200, which is not Patroni's: ", 0) == 0);
  }
}

tl::unexpected<http::Failure> failed(ErrorKind kind, const char* words,
                                     http::Stage stage = http::Stage::waiting) {
  return tl::make_unexpected(http::Failure{{kind, words}, stage});
}

TEST_CASE("no answer is a silence of its kind, dated when it was asked for", "[poll_answers]") {
  const PollAnswer answer =
      poll(failed(ErrorKind::refused, "GET /master from http://pg1:8008: connection refused"));
  CHECK(answer.silence == Silence::refused);
  CHECK(answer.sent == asked_at);
  CHECK(answer.words == "GET /master from http://pg1:8008: connection refused");
  CHECK(silence_of(ErrorKind::timeout) == Silence::timeout);
  CHECK(silence_of(ErrorKind::closed) == Silence::reset);
  CHECK(silence_of(ErrorKind::too_large) == Silence::malformed);
  CHECK(silence_of(ErrorKind::denied) == Silence::malformed);
}

TEST_CASE("how far a request had got is told by its stage", "[poll_answers]") {
  using Stage = PollAnswer::Stage;
  const auto stage = [](http::Stage at, ErrorKind kind = ErrorKind::timeout) {
    return poll(failed(kind, "late", at)).stage;
  };
  CHECK(stage(http::Stage::preparing) == Stage::connect);
  CHECK(stage(http::Stage::connecting) == Stage::connect);
  CHECK(stage(http::Stage::tls_handshake) == Stage::tls);
  CHECK(stage(http::Stage::sending) == Stage::http);
  CHECK(stage(http::Stage::waiting) == Stage::http);
  CHECK(stage(http::Stage::head) == Stage::http);
  CHECK(stage(http::Stage::body) == Stage::http);
  // Out of descriptors: nothing was learned of the node.
  CHECK(stage(http::Stage::connecting, ErrorKind::system) == Stage::http);
}

TEST_CASE("members and the ttl are read, or there are none", "[poll_answers]") {
  const auto members = [](const http::Outcome<http::Response>& answer) {
    return std::get<ClusterAnswer>(answer_of(asked(AskKind::cluster), answer)).members;
  };
  const auto ttl = [](const http::Outcome<http::Response>& answer) {
    return std::get<ConfigAnswer>(answer_of(asked(AskKind::config), answer)).ttl;
  };
  REQUIRE(members(response(200, R"({"members":[{"name":"pg1","role":"leader"}]})")));
  CHECK(members(response(200, R"({"members":[{"name":"pg1","role":"leader"}]})"))->members.size() == 1);
  CHECK_FALSE(members(response(502, R"({"members":[]})")));
  CHECK_FALSE(members(response(200, "{")));
  CHECK_FALSE(members(failed(ErrorKind::timeout, "late")));
  CHECK(ttl(response(200, R"({"ttl": 20})")) == Duration(20s));
  CHECK_FALSE(ttl(response(502, R"({"ttl": 20})")));
  CHECK_FALSE(ttl(failed(ErrorKind::timeout, "late")));
}

TEST_CASE("who answered is told by scope, name and system identifier", "[poll_answers]") {
  const auto who = [](const char* body) { return who_answered(poll(response(200, body))); };
  CHECK(who(R"({"state":"running","role":"master"})").empty());
  const std::string one =
      who(R"({"state":"running","role":"replica","patroni":{"scope":"s","name":"a","version":"4.0"}})");
  CHECK_FALSE(one.empty());
  CHECK(one ==
        who(R"({"state":"starting","role":"master","patroni":{"scope":"s","name":"a","version":"4.0"}})"));
  CHECK(one !=
        who(R"({"state":"running","role":"replica","patroni":{"scope":"s","name":"b","version":"4.0"}})"));
}

}  // namespace
}  // namespace tamada::router
