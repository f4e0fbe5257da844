// Who is let in: passwords, cookies, and what slows guessers down.
#include "tests/loop/router/api/http_api_fixture.h"

namespace tamada::router {
namespace {

constexpr const char* drain = R"({"state":"drain"})";
constexpr const char* path = "/api/v1/nodes/pg1/state";

TEST_CASE_METHOD(HttpApiFixture, "whoever signs in gets a cookie that scripts and other sites cannot use",
                 "[http_api]") {
  open();
  const http::Response response =
      change("POST", "/api/v1/sign-in", R"({"user":"dba","password":"geheim"})", {{"Origin", origin()}});
  CHECK(response.status == 200);
  const std::string cookie(response.headers.find("Set-Cookie").value_or(""));
  CHECK(cookie.starts_with(fmt::format("tamada_{}=", address().port())));
  CHECK(cookie.find("; HttpOnly") != std::string::npos);
  CHECK(cookie.find("; SameSite=Strict") != std::string::npos);
  CHECK(cookie.find("; Path=/") != std::string::npos);
  const Json me = Json::parse(response.body);
  CHECK(me["user"] == "dba");
  CHECK(me["csrf"].get<std::string>().size() == 64);

  const http::Headers with{{"Cookie", "theme=dark; " + cookie.substr(0, cookie.find(';')) + "; x=y"}};
  CHECK(Json::parse(get("/api/v1/me", "", with).body) == me);
  CHECK(Json::parse(get("/api/v1/me").body)["user"].is_null());
  const http::Response out = change("POST", "/api/v1/sign-out", "", with, "");
  CHECK(out.status == 200);
  CHECK(out.headers.find("Set-Cookie").value_or("").find("Max-Age=0") != std::string::npos);
  CHECK(Json::parse(get("/api/v1/me", "", with).body)["user"].is_null());
  REQUIRE(backend.records.size() == 2);
  CHECK(backend.records[0].starts_with("stats.sign_in by=dba from=127.0.0.1:"));
  CHECK(backend.records[1].starts_with("stats.sign_out by=dba"));
}

TEST_CASE_METHOD(HttpApiFixture, "wrong passwords, unknown users and broken requests sign nobody in",
                 "[http_api]") {
  config.users.push_back({"locked", "*"});
  open();
  const auto status = [&](const std::string& body, const http::Headers& headers = {}) {
    const http::Response response = change("POST", "/api/v1/sign-in", body, headers);
    CHECK_FALSE(response.headers.has("Set-Cookie"));
    return response.status;
  };
  CHECK(status(R"({"user":"dba","password":"Geheim"})") == 401);
  CHECK(status(R"({"user":"nobody","password":"geheim"})") == 401);
  CHECK(status(R"({"user":"locked","password":"*"})") == 401);
  CHECK(status(R"({"user":"","password":""})") == 401);
  CHECK(status(R"({"user":"dba"})") == 400);
  CHECK(status(R"({"user":1,"password":2})") == 400);
  CHECK(status("[]") == 400);
  CHECK(status("") == 400);
  CHECK(status(R"({"user":"dba","password":"geheim"})", {{"Origin", "http://evil.example"}}) == 403);
  CHECK(get("/api/v1/sign-in").status == 405);
}

TEST_CASE_METHOD(HttpApiFixture, "guessing gets slower and slower, and does not lock out who is signed in",
                 "[http_api]") {
  config.users.push_back({"ops", hash});
  open();
  const SignedIn one = sign_in();
  CHECK(change("PUT", path, drain, basic()).status == 200);  // remembered from signing in
  for (int i = 0; i < 5; ++i) CHECK(change("PUT", path, drain, basic("dba", "guess")).status == 401);
  const http::Response slowed = change("PUT", path, drain, basic("dba", "guess"));
  CHECK(slowed.status == 429);
  CHECK(slowed.headers.has("Retry-After"));
  CHECK(change("PUT", path, drain, basic()).status == 429);  // the right one does not show among the guesses
  CHECK(change("PUT", path, drain, one.headers).status == 200);
  CHECK(change("PUT", path, drain, basic("ops")).status == 200);
  for (int i = 0; i < 5; ++i) {
    CHECK(change("PUT", path, drain, basic("none" + std::to_string(i), "guess")).status == 401);
  }
  CHECK(change("PUT", path, drain, basic("another", "guess")).status == 429);
}

TEST_CASE_METHOD(HttpApiFixture, "without users nothing can be changed, and with others old sessions end",
                 "[http_api]") {
  open();
  const SignedIn one = sign_in();
  config.users = {{"dba", "$5$rounds=1000$other$x"}};
  open();
  CHECK(change("PUT", path, drain, one.headers).status == 401);
  CHECK(change("PUT", path, drain, basic()).status == 401);
  config.users.clear();
  open();
  CHECK(change("PUT", path, drain, basic()).status == 403);
  CHECK(change("POST", "/api/v1/sign-in", R"({"user":"dba","password":"geheim"})", {}).status == 403);
  CHECK(Json::parse(get("/api/v1/me").body)["can_act"] == false);
  config.admin_user = "admin";
  config.admin_password = "se:cret";
  open();
  CHECK(change("PUT", path, drain, basic("admin", "se:cret")).status == 200);
  CHECK(change("PUT", path, drain, basic("admin", "se")).status == 401);
  CHECK(change("PUT", path, drain, {{"Authorization", "Bearer x"}}).status == 401);
  CHECK(change("PUT", path, drain, {{"Authorization", "Basic ###"}}).status == 401);
  CHECK(backend.actions.size() == 1);
}

TEST_CASE_METHOD(HttpApiFixture, "reading can need a login, all but what containers and the page itself need",
                 "[http_api]") {
  config.login_to_read = true;
  open();
  for (const char* closed : {"/status", "/metrics", "/;csv", "/;json", "/stats;csv", "/api/v1/state",
                             "/api/v1/nodes", "/api/v1/sessions", "/events", "/api/v1/charts"}) {
    INFO(closed);
    const http::Response response = get(closed);
    CHECK(response.status == 401);
    CHECK(response.headers.find("WWW-Authenticate").value_or("").starts_with("Basic "));
    CHECK(response.body.find("pg1") == std::string::npos);
    if (std::string(closed) != "/events") CHECK(get(closed, "", basic()).status == 200);
  }
  for (const char* open_path : {"/health", "/ready", "/", "/api/v1/me"}) {
    INFO(open_path);
    const http::Response response = get(open_path);
    CHECK(response.status == 200);
    CHECK(response.body.find("10.0.0.1") == std::string::npos);
  }
  // The marks for tools say the version: only to those who may look.
  CHECK(get("/").body.find("HAProxy version") == std::string::npos);
  CHECK(get("/", "", basic("dba", "wrong")).body.find("HAProxy version") == std::string::npos);
  CHECK(get("/", "", basic()).body.find("HAProxy version") != std::string::npos);
  CHECK(Json::parse(get("/api/v1/me").body)["login_to_read"] == true);
  const SignedIn one = sign_in();
  CHECK(get("/api/v1/state", "", {{"Cookie", one.cookie}}).status == 200);
  // A page that asks is not answered with the browser's own window.
  CHECK_FALSE(get("/api/v1/state", "", {{"X-Tamada-Page", "1"}}).headers.has("WWW-Authenticate"));
}

TEST_CASE_METHOD(HttpApiFixture, "what was kept for somebody who may read is sent to nobody else",
                 "[http_api]") {
  open();
  for (const char* kept : {"/;csv", "/metrics", "/status"}) CHECK(get(kept).status == 200);
  config.login_to_read = true;
  open();
  for (const char* kept : {"/;csv", "/metrics", "/status"}) {
    INFO(kept);
    CHECK(get(kept).status == 401);
    CHECK(get(kept, "", basic()).status == 200);
    CHECK(get(kept).status == 401);
  }
}

}  // namespace
}  // namespace tamada::router
