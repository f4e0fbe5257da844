#include "router/api/login_sessions.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

constexpr TimePoint start{1000s};

TEST_CASE("who is signed in is known by the token, and by nothing else", "[login_sessions]") {
  LoginSessions book;
  const std::string token = book.open("dba", start);
  CHECK(token.size() == 64);
  const LoginSessions::Entry* entry = book.find(token, start);
  REQUIRE(entry != nullptr);
  CHECK(entry->user == "dba");
  CHECK(entry->csrf.size() == 64);
  CHECK(entry->csrf != token);
  CHECK(book.find("", start) == nullptr);
  CHECK(book.find(token.substr(1), start) == nullptr);
  CHECK(book.open("dba", start) != token);
  book.close(token);
  CHECK(book.find(token, start) == nullptr);
}

TEST_CASE("a session ends when it is not used, and after a day in any case", "[login_sessions]") {
  LoginSessions book;
  const std::string idle = book.open("dba", start);
  CHECK(book.find(idle, start + LoginSessions::idle_limit + 1s) == nullptr);
  CHECK(book.size() == 0);
  const std::string busy = book.open("dba", start);
  TimePoint now = start;
  while (now - start < LoginSessions::whole_limit) {
    CHECK(book.find(busy, now) != nullptr);
    now += std::chrono::hours(1);
  }
  CHECK(book.find(busy, now + 1s) == nullptr);
}

TEST_CASE("past the limit the one used longest ago is signed out", "[login_sessions]") {
  LoginSessions book;
  const std::string first = book.open("first", start);
  const std::string second = book.open("second", start);
  CHECK(book.find(first, start + 1s) != nullptr);
  for (std::size_t i = 0; i + 1 < LoginSessions::sessions_max; ++i) (void)book.open("crowd", start + 2s);
  CHECK(book.size() == LoginSessions::sessions_max);
  CHECK(book.find(first, start + 3s) != nullptr);
  CHECK(book.find(second, start + 3s) == nullptr);
}

TEST_CASE("users that were taken out of the configuration are signed out", "[login_sessions]") {
  LoginSessions book;
  const std::string dba = book.open("dba", start);
  const std::string gone = book.open("gone", start);
  book.keep_only({"dba"});
  CHECK(book.find(dba, start) != nullptr);
  CHECK(book.find(gone, start) == nullptr);
}

}  // namespace
}  // namespace tamada::router
