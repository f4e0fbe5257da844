#include "router/stats/session_query.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/a_snapshot.h"

using namespace tamada;
using namespace tamada::router;
using Json = nlohmann::json;

namespace {

std::string wrong(std::string_view query) {
  const auto parsed = SessionQuery::parse(query);
  return parsed ? "ok" : parsed.error().message;
}

// The numbers of the sessions that are shown, in order: "17 18".
std::string shown(std::string_view query) {
  const auto parsed = SessionQuery::parse(query);
  REQUIRE(parsed);
  std::string ids;
  const Json answer = Json::parse(sessions_json(tamada::test::some_sessions(), *parsed));
  for (const Json& session : answer.at("sessions")) {
    const std::string id = session.at("id");
    ids += (ids.empty() ? "" : " ") + id.substr(id.find('.') + 1);
  }
  return ids;
}

}  // namespace

TEST_CASE("without a query all sessions come, the oldest first", "[session_query]") {
  CHECK(shown("") == "19 20 18 17 21");
}

TEST_CASE("sessions are sorted by any column, either way", "[session_query]") {
  CHECK(shown("sort=began&order=desc") == "21 17 18 20 19");
  CHECK(shown("sort=down_bytes&order=desc") == "21 20 19 18 17");
  CHECK(shown("sort=node") == "21 18 17 19 20");
  CHECK(shown("sort=wait&order=desc&limit=1") == "21");
  for (const char* column : {"began", "client", "listener", "node", "up_bytes", "down_bytes", "user",
                             "database", "application", "backend_pid", "wait", "phase"}) {
    CHECK(wrong(std::string("sort=") + column) == "ok");
  }
}

TEST_CASE("a search finds part of any shown text, in either case", "[session_query]") {
  CHECK(shown("search=reports") == "19");
  CHECK(shown("search=2001%3Adb8") == "20");
  CHECK(shown("search=PG1") == "18 17");
  CHECK(shown("search=4017") == "17");
  CHECK(shown("search=hold") == "21");
  CHECK(shown("search=src%3dx+onerror") == "19");
  CHECK(shown("search=nobody") == "");
}

TEST_CASE("a listener and a node are matched as a whole", "[session_query]") {
  CHECK(shown("listener=read") == "19 20");
  CHECK(shown("listener=rea") == "");
  CHECK(shown("node=pg1&listener=write") == "18 17");
}

TEST_CASE("pages do not overlap, and a page behind the end is empty", "[session_query]") {
  CHECK(shown("limit=2") == "19 20");
  CHECK(shown("limit=2&offset=2") == "18 17");
  CHECK(shown("limit=2&offset=4") == "21");
  CHECK(shown("limit=2&offset=900") == "");
}

TEST_CASE("the counts say how many there are and how many matched", "[session_query]") {
  SessionList list = tamada::test::some_sessions();
  list.total = 523;
  list.truncated = true;
  const Json answer = Json::parse(sessions_json(list, *SessionQuery::parse("listener=read&limit=1")));
  CHECK(answer.at("total") == 523);
  CHECK(answer.at("matched") == 2);
  CHECK(answer.at("truncated") == true);
  CHECK(answer.at("at") == 1'795'000'000'000);
  CHECK(answer.at("sessions").size() == 1);
}

TEST_CASE("what is not known of a session is null", "[session_query]") {
  const Json answer = Json::parse(
      sessions_json(tamada::test::some_sessions(), *SessionQuery::parse("sort=began&order=desc")));
  const Json& waiting = answer.at("sessions").at(0);
  CHECK(waiting.at("node").is_null());
  CHECK(waiting.at("server").is_null());
  CHECK(waiting.at("backend_pid").is_null());
  CHECK(waiting.at("age_ms") == 120);
  CHECK(waiting.at("began_at") == 1'794'999'999'880);
  CHECK(answer.at("sessions").at(3).at("user").is_null());
}

TEST_CASE("a wrong parameter is named with what was expected", "[session_query]") {
  CHECK(wrong("sort=age") ==
        "sort: \"age\"; expected one of began, client, listener, node, up_bytes, down_bytes, user, database, "
        "application, backend_pid, wait, phase");
  CHECK(wrong("order=up") == "order: \"up\"; expected asc or desc");
  CHECK(wrong("limit=0") == "limit: \"0\"; expected a number from 1 to 1000");
  CHECK(wrong("limit=1001") == "limit: \"1001\"; expected a number from 1 to 1000");
  CHECK(wrong("limit=1e3") == "limit: \"1e3\"; expected a number from 1 to 1000");
  CHECK(wrong("offset=-1") == "offset: \"-1\"; expected a number from 0 to 1000000000");
  CHECK(wrong("serch=x") ==
        "\"serch\" is no parameter; expected search, listener, node, sort, order, limit or offset");
}

TEST_CASE("an empty pair, a bare name and a stray percent sign do no harm", "[session_query]") {
  CHECK(wrong("&&search=&") == "ok");
  CHECK(wrong("search") == "ok");
  CHECK(SessionQuery::parse("search=50%")->search == "50%");
  CHECK(SessionQuery::parse("search=%zz%4")->search == "%zz%4");
  CHECK(SessionQuery::parse("search=a%26b=c")->search == "a&b=c");
}

TEST_CASE("a session's id is read back as it was written", "[session_query]") {
  CHECK(session_id("1.17") == SessionId{1, 17});
  CHECK(text_of(SessionId{1, 17}) == "1.17");
  for (const char* text : {"", "1", "1.", ".17", "1.17x", "-1.17", "1.-7", "a.b", "1.99999999999999999999"}) {
    CHECK_FALSE(session_id(text));
  }
  CHECK(session_id("x").error().message ==
        "\"x\" is no session; expected WORKER.NUMBER as in GET /api/v1/sessions");
}
