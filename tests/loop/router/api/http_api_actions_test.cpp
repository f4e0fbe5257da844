// Changes over HTTP: who may, from where, and what comes of it.
#include "tests/loop/router/api/http_api_fixture.h"

namespace tamada::router {
namespace {

constexpr const char* drain = R"({"state":"drain"})";
constexpr const char* path = "/api/v1/nodes/pg1/state";

TEST_CASE_METHOD(HttpApiFixture, "an action is carried out with the name of who asked for it", "[http_api]") {
  open();
  const http::Response response = change("PUT", path, drain, sign_in().headers);
  CHECK(response.status == 200);
  CHECK(Json::parse(response.body) == Json({{"done", "done as asked"}}));
  REQUIRE(backend.actions.size() == 1);
  CHECK(backend.actions[0].kind == Action::Kind::administer);
  CHECK(backend.actions[0].node == "pg1");
  CHECK(backend.actions[0].by == "dba");
  CHECK(backend.actions[0].from.starts_with("127.0.0.1:"));
}

TEST_CASE_METHOD(HttpApiFixture, "what came of an action decides the status", "[http_api]") {
  open();
  using Kind = ActionResult::Kind;
  for (const auto& [kind, status] : std::vector<std::pair<Kind, int>>{
           {Kind::not_found, 404}, {Kind::refused, 409}, {Kind::failed, 502}, {Kind::not_possible, 400}}) {
    backend.result = {kind, "because"};
    const http::Response response = change("POST", "/api/v1/switchover", "{}", basic());
    CHECK(response.status == status);
    CHECK(Json::parse(response.body) == Json({{"error", "because"}}));
  }
}

TEST_CASE_METHOD(HttpApiFixture, "no other site can make a signed-in browser change something",
                 "[http_api]") {
  open();
  const SignedIn one = sign_in();
  const auto status = [&](const http::Headers& headers, const char* type = "application/json") {
    return change("PUT", path, drain, headers, type).status;
  };
  const http::Header cookie{"Cookie", one.cookie};
  const http::Header token{"X-Tamada-CSRF", one.csrf};
  CHECK(status({cookie}) == 403);  // no token
  CHECK(status({cookie, {"X-Tamada-CSRF", ""}}) == 403);
  CHECK(status({cookie, {"X-Tamada-CSRF", one.csrf + "0"}}) == 403);
  CHECK(status({cookie, {"X-Tamada-CSRF", std::string(64, '0')}}) == 403);
  CHECK(status({cookie, token, {"Origin", "http://evil.example"}}) == 403);
  CHECK(status({cookie, token, {"Origin", "null"}}) == 403);
  CHECK(status({cookie, token, {"Sec-Fetch-Site", "cross-site"}}) == 403);
  CHECK(status({cookie, token, {"Referer", "http://evil.example/"}}) == 403);
  CHECK(status({cookie, token}, "text/plain") == 415);
  CHECK(status({cookie, token}, "application/x-www-form-urlencoded") == 415);
  CHECK(status({cookie, token}, "") == 415);
  CHECK(status({token}) == 401);
  CHECK(status({{"Cookie", one.cookie + "0"}, token}) == 401);
  CHECK(status({{"Cookie", "tamada_1=" + one.cookie.substr(one.cookie.find('=') + 1)}, token}) == 401);
  // Basic credentials are sent by browsers unasked, too.
  http::Headers stolen = basic();
  stolen.add("Origin", "http://evil.example");
  CHECK(status(stolen) == 403);
  CHECK(backend.actions.empty());
  CHECK(status({cookie, token, {"Content-Type", "application/json; charset=utf-8"}}, "") == 200);
  CHECK(backend.actions.size() == 1);
}

TEST_CASE_METHOD(HttpApiFixture, "without credentials nothing is learned, not even which nodes there are",
                 "[http_api]") {
  open();
  for (const char* one : {path, "/api/v1/nodes/none/state", "/admin/nodes/pg1", "/admin/nodes/none"}) {
    const http::Response response = change("PUT", one, "{", {});
    CHECK(response.status == 401);
    CHECK(Json::parse(response.body) == Json({{"error", "sign in first"}}));
  }
  CHECK(get("/admin/nodes/first").status == 401);
  CHECK(change("DELETE", "/api/v1/sessions/0.1", "", {}, "").status == 401);
  CHECK(change("POST", "/api/v1/switchover", "", {}, "").status == 401);
  CHECK(backend.actions.empty());
}

TEST_CASE_METHOD(HttpApiFixture, "the older path answers as it always did, also to what curl sends",
                 "[http_api]") {
  open();
  const http::Response response =
      change("PUT", "/admin/nodes/third", drain, basic(), "application/x-www-form-urlencoded");
  CHECK(response.status == 200);
  CHECK(Json::parse(response.body)["name"] == "third");
  CHECK(Json::parse(get("/admin/nodes/pg3", "", basic()).body)["state"] == "drain");
  CHECK(get("/admin/nodes/none", "", basic()).status == 404);
}

TEST_CASE_METHOD(HttpApiFixture, "other methods and paths change nothing", "[http_api]") {
  open();
  const http::Response post = change("POST", "/", "s=pg1&action=drain&b=%231", basic(), "");
  CHECK(post.status == 405);
  CHECK(post.headers.find("Allow") == "GET, HEAD, OPTIONS");
  const http::Response wrong = change("POST", path, drain, basic());
  CHECK(wrong.status == 405);
  CHECK(wrong.headers.find("Allow") == "PUT");
  CHECK(get("/api/v1/switchover", "", basic()).status == 405);
  CHECK(change("PUT", "/api/v1/../api/v1/switchover", "{}", basic()).status == 405);
  CHECK(change("PUT", path, std::string(70'000, ' '), basic()).status == 413);
  CHECK(backend.actions.empty());
}

TEST_CASE_METHOD(HttpApiFixture, "whoever looks after an action sees what it did", "[http_api]") {
  open();
  CHECK(get("/status").status == 200);
  const std::uint64_t before = backend.snapshots;
  CHECK(change("PUT", path, drain, basic()).status == 200);
  CHECK(get("/status").status == 200);
  CHECK(backend.snapshots > before);
}

}  // namespace
}  // namespace tamada::router
