#include "router/api/action_requests.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

using Kind = Action::Kind;

http::Request a_request(const std::string& method, const std::string& path, const std::string& body = {},
                        const std::string& query = {}) {
  http::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  request.query = query;
  return request;
}

Action action_of(const http::Request& request) {
  const auto asked = action_request(request);
  REQUIRE(asked);
  if (const auto* bad = std::get_if<BadRequest>(&*asked)) FAIL(bad->words);
  return std::get<Action>(*asked);
}

BadRequest bad_of(const http::Request& request) {
  const auto asked = action_request(request);
  REQUIRE(asked);
  REQUIRE(std::holds_alternative<BadRequest>(*asked));
  return std::get<BadRequest>(*asked);
}

TEST_CASE("each path asks for its action", "[action_requests]") {
  Action action = action_of(a_request("PUT", "/api/v1/nodes/pg%2F1/state", R"({"state":"drain"})"));
  CHECK(action.kind == Kind::administer);
  CHECK(action.node == "pg/1");
  CHECK(action.state == AdminState::drain);
  CHECK(action.listener.empty());
  action = action_of(a_request("PUT", "/admin/nodes/pg1", R"({"state":"maintenance","listener":"read"})"));
  CHECK(action.kind == Kind::administer);
  CHECK(action.listener == "read");
  CHECK(action.state == AdminState::maintenance);
  action = action_of(a_request("PUT", "/api/v1/nodes/pg1/weight", R"({"weight":256,"listener":null})"));
  CHECK(action.kind == Kind::set_weight);
  CHECK(action.weight == 256);
  action = action_of(a_request("DELETE", "/api/v1/nodes/pg1/sessions", "", "listener=read%20er"));
  CHECK(action.kind == Kind::end_sessions);
  CHECK(action.listener == "read er");
  CHECK(action_of(a_request("POST", "/api/v1/nodes/pg1/restart", "{}")).kind == Kind::restart);
  CHECK(action_of(a_request("POST", "/api/v1/nodes/pg1/reinitialize")).kind == Kind::reinitialize);
  action = action_of(a_request("POST", "/api/v1/switchover", R"({"candidate":"pg2"})"));
  CHECK(action.kind == Kind::switchover);
  CHECK(action.node == "pg2");
  CHECK(action_of(a_request("POST", "/api/v1/switchover")).node.empty());
  action = action_of(a_request("DELETE", "/api/v1/sessions/1.17"));
  CHECK(action.kind == Kind::end_session);
  CHECK(action.session == SessionId{1, 17});
}

TEST_CASE("what is wrong with a request is told in a sentence", "[action_requests]") {
  const std::string state = "/api/v1/nodes/pg1/state";
  CHECK(bad_of(a_request("PUT", state)).words == "state is missing");
  CHECK(bad_of(a_request("PUT", state, "[]")).words.find("JSON object") != std::string::npos);
  CHECK(bad_of(a_request("PUT", state, "{\"state\":\"off\"}")).words ==
        R"(state: expected "drain", "maintenance" or "ready")");
  CHECK(bad_of(a_request("PUT", state, R"({"state":1})")).status == 400);
  CHECK(bad_of(a_request("PUT", state, R"({"state":"drain","listner":"read"})")).words ==
        R"(unknown key "listner"; expected state and listener)");
  CHECK(bad_of(a_request("PUT", state, R"({"state":"drain","listener":7})")).words ==
        "listener: expected a text");
  for (const char* weight : {"-1", "257", "1.5", "\"1\"", "null", "1e99"}) {
    CHECK(bad_of(a_request("PUT", "/api/v1/nodes/pg1/weight", std::string("{\"weight\":") + weight + "}"))
              .status == 400);
  }
  CHECK(bad_of(a_request("POST", "/api/v1/nodes/pg1/restart", R"({"force":true})")).words ==
        R"(unknown key "force"; expected none)");
  CHECK(bad_of(a_request("DELETE", "/api/v1/sessions/x")).status == 404);
  CHECK(bad_of(a_request("DELETE", "/api/v1/nodes/pg1/sessions", "", "all=1")).status == 400);
  const BadRequest wrong_method = bad_of(a_request("POST", state, R"({"state":"drain"})"));
  CHECK(wrong_method.status == 405);
  CHECK(wrong_method.allow == "PUT");
}

TEST_CASE("a key that stands twice is refused by its name", "[action_requests]") {
  const std::string state = "/api/v1/nodes/pg1/state";
  CHECK(bad_of(a_request("PUT", state, R"({"state":"drain","state":"ready"})")).words ==
        R"(the body: "state" is given twice in one object; expected e.g. {"state": "drain"})");
  CHECK(bad_of(a_request("PUT", "/admin/nodes/pg1", R"({"listener":"a","state":"drain","listener":"b"})"))
            .words.find("\"listener\" is given twice") != std::string::npos);
  CHECK(bad_of(a_request("DELETE", "/api/v1/nodes/pg1/sessions", "", "listener=a&listener=b")).words ==
        R"("listener" is given twice in the query)");
}

TEST_CASE("other paths ask for nothing", "[action_requests]") {
  for (const char* path :
       {"/", "", "/api/v1/nodes", "/api/v1/nodes/", "/api/v1/nodes//state", "/admin/nodes/",
        "/api/v1/nodes/pg1/state/", "/api/v1/nodes/a/b/state", "/admin", "//admin/nodes/x",
        "/api/v2/switchover", "/api/v1/nodes/../switchover", "api/v1/switchover"}) {
    INFO(path);
    CHECK_FALSE(action_request(a_request("PUT", path, "{}")));
  }
}

TEST_CASE("whatever the body holds, nothing breaks", "[action_requests]") {
  const std::string state = "/api/v1/nodes/pg1/state";
  for (const std::string& body :
       {std::string(20'000, '['), std::string("{\"state\":\"\xff\xfe\"}"), std::string("\0\0", 2),
        std::string(R"({"\u0000":1})"), std::string("{\"a\":") + std::string(60'000, '9') + "}"}) {
    CHECK(bad_of(a_request("PUT", state, body)).status == 400);
  }
}

}  // namespace
}  // namespace tamada::router
