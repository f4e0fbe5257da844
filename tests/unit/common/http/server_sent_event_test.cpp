#include "common/http/server_sent_event.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::http;

namespace {

std::vector<ServerSentEvent> read(std::string_view bytes, std::size_t piece) {
  EventParser parser(1000);
  std::vector<ServerSentEvent> events;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    REQUIRE(parser.feed(bytes.substr(at, piece), events));
  }
  return events;
}

// The same however the stream is cut.
std::vector<ServerSentEvent> read(std::string_view bytes) {
  auto whole = read(bytes, bytes.size() + 1);
  for (std::size_t piece = 1; piece < 8; ++piece) {
    INFO("in pieces of " << piece);
    CHECK(read(bytes, piece) == whole);
  }
  return whole;
}

using Events = std::vector<ServerSentEvent>;

}  // namespace

TEST_CASE("what is written is read again", "[server_sent_event]") {
  CHECK(server_sent_event("state", R"({"a":1})") == "event: state\ndata: {\"a\":1}\n\n");
  CHECK(read(server_sent_event("state", R"({"a":1})") + server_sent_event("beat", "{}")) ==
        Events{{"state", R"({"a":1})", ""}, {"beat", "{}", ""}});
}

TEST_CASE("the examples of the standard are read as it says", "[server_sent_event]") {
  CHECK(read("data: YHOO\ndata: +2\ndata: 10\n\n") == Events{{"message", "YHOO\n+2\n10", ""}});
  CHECK(read(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n") ==
        Events{{"message", "first event", "1"}, {"message", "second event", ""}});
  CHECK(read("data\n\ndata\ndata\n\ndata:") == Events{{"message", "", ""}, {"message", "\n", ""}});
  CHECK(read("data:test\n\ndata: test\n\n") == Events{{"message", "test", ""}, {"message", "test", ""}});
}

TEST_CASE("lines end in three ways, and a byte order mark may come first", "[server_sent_event]") {
  CHECK(read("data: a\r\ndata: b\r\r\ndata: c\n\rdata: d\r\r") ==
        Events{{"message", "a\nb", ""}, {"message", "c", ""}, {"message", "d", ""}});
  CHECK(read("\xef\xbb\xbf"
             "data: a\n\n") == Events{{"message", "a", ""}});
  CHECK(read("data: a\n\n\xef\xbb\xbf"
             "data: b\n\n") == Events{{"message", "a", ""}});
}

TEST_CASE("an event that ends with CR is told without waiting for more", "[server_sent_event]") {
  EventParser parser(100);
  std::vector<ServerSentEvent> events;
  REQUIRE(parser.feed("data: a\r\r", events));
  CHECK(events.size() == 1);
}

TEST_CASE("an id stays, a name does not, and an event without data is none", "[server_sent_event]") {
  CHECK(read("event: x\nid: 7\ndata: 1\n\nevent: y\n\ndata: 2\n\n") ==
        Events{{"x", "1", "7"}, {"message", "2", "7"}});
  CHECK(read(std::string_view("id: a\0b\ndata: 1\n\n", 17)) == Events{{"message", "1", ""}});
  CHECK(read("Data: no\nfoo: bar\n:data: no\n\n").empty());
}

TEST_CASE("a retry is a whole number of milliseconds", "[server_sent_event]") {
  EventParser parser(100);
  std::vector<ServerSentEvent> events;
  REQUIRE(parser.feed("retry: 2x\nretry:\nretry: -1\n", events));
  CHECK_FALSE(parser.retry());
  REQUIRE(parser.feed("retry: 2500\n", events));
  CHECK(parser.retry() == Duration(2500ms));
}

TEST_CASE("an event without end is an error, comments without end are none", "[server_sent_event]") {
  EventParser parser(100);
  std::vector<ServerSentEvent> events;
  for (int i = 0; i < 100; ++i) REQUIRE(parser.feed(": still here\n", events));
  const auto fed = parser.feed("data: " + std::string(95, 'x'), events);
  REQUIRE_FALSE(fed);
  CHECK(fed.error() == Error{ErrorKind::too_large, "an event of more than 100 bytes"});
}
