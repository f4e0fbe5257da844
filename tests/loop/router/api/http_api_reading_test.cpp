// What a GET on the statistics port shows.
#include "tests/loop/common/http/http_raw_client.h"
#include "tests/loop/router/api/http_api_fixture.h"
#include "tests/support/raw_socket.h"

namespace tamada::router {
namespace {

TEST_CASE_METHOD(HttpApiFixture, "every path is there, with its type", "[http_api]") {
  open();
  const std::vector<std::pair<std::string, std::string>> paths{
      {"/", "text/html; charset=utf-8"},
      {"/haproxy?stats", "text/html; charset=utf-8"},
      {"/;csv", "text/plain; charset=utf-8"},
      {"//;csv;norefresh", "text/plain; charset=utf-8"},
      {"/?;csv;scope=write", "text/plain; charset=utf-8"},
      {"/haproxy?stats;csv", "text/plain; charset=utf-8"},
      {"/stats/;csv", "text/plain; charset=utf-8"},
      {"/;json", "application/json"},
      {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
      {"/status", "application/json"},
      {"/api/v1/state", "application/json"},
      {"/api/v1/charts", "application/json"},
      {"/api/v1/nodes/pg1", "application/json"},
      {"/api/v1/sessions", "application/json"},
      {"/api/v1/openapi.json", "application/json"},
      {"/health", "text/plain; charset=utf-8"},
      {"/ready", "text/plain; charset=utf-8"},
      {"/ready?leader", "text/plain; charset=utf-8"}};
  for (const auto& [target, type] : paths) {
    INFO(target);
    const std::size_t question = target.find('?');
    const http::Response response =
        get(target.substr(0, question), question == std::string::npos ? "" : target.substr(question + 1));
    CHECK(response.status == 200);
    CHECK(response.headers.find("Content-Type") == type);
    CHECK(response.headers.find("X-Content-Type-Options") == "nosniff");
    CHECK(response.headers.find("Content-Security-Policy").value_or("").starts_with("default-src 'none'"));
    CHECK_FALSE(response.body.empty());
  }
  CHECK(get("/;csv").body.starts_with("# pxname,svname,qcur,"));
  CHECK(get("/metrics").body.find("haproxy_") != std::string::npos);
  CHECK(get("/").body.find("HAProxy version ") != std::string::npos);
  CHECK(Json::parse(get("/api/v1/state").body)["leader"]["name"] == "pg1");
}

TEST_CASE_METHOD(HttpApiFixture, "OPTIONS is answered as GET and HEAD are, without a body", "[http_api]") {
  const auto with = [&](const char* method, const std::string& path) {
    http::Request request;
    request.method = method;
    request.path = path;
    return send(request);
  };
  for (const bool login : {false, true}) {
    config.login_to_read = login;
    open();
    for (const char* path :
         {"/", "/ready", "/health", "/metrics", "/;csv", "/;json", "/status", "/index.html", "/haproxy_stats",
          "/ui/main.js", "/api/v1/state", "/api/v1/nodes/pg1", "/api/v1/sessions", "/api/v1/me", "/nothing",
          "/api/v1/nodes/none", "/admin/nodes/pg1", "/api/v1/switchover", "/api/v1/sign-in"}) {
      INFO(path << (login ? ", with a login" : ""));
      const int expected = get(path).status;
      const http::Response options = with("OPTIONS", path);
      CHECK(options.status == expected);
      CHECK(options.body.empty());
      CHECK(options.headers.find("Content-Length") == "0");
      CHECK(options.headers.find("Allow").value_or("") ==
            get(path).headers.find("Allow").value_or("GET, HEAD, OPTIONS"));
      CHECK(options.headers.find("X-Content-Type-Options") == "nosniff");
      CHECK(with("HEAD", path).status == expected);
    }
    CHECK(with("OPTIONS", "/events").status == (login ? 401 : 200));
    CHECK(with("OPTIONS", "*").status == 200);
  }
  backend.picture.process.listening = false;
  open();
  run_for(2 * StatsPorts::snapshot_fresh + 10ms);
  CHECK(with("OPTIONS", "/ready").status == 503);
  CHECK(with("OPTIONS", "/health").status == 200);
}

TEST_CASE_METHOD(HttpApiFixture, "the plainest checks of load balancers are answered", "[http_api]") {
  open();
  for (const char* asked :
       {"OPTIONS / HTTP/1.0\r\n\r\n", "HEAD / HTTP/1.0\r\n\r\n", "GET /ready HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}) {
    INFO(asked);
    const http::RawClient client(loop, address(), asked);
    REQUIRE(run_until([&] { return client.ended; }));
    CHECK(client.got.starts_with("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_CASE_METHOD(HttpApiFixture, "what is not there is 404, and wrong questions are told what was expected",
                 "[http_api]") {
  open();
  for (const char* path :
       {"/nothing", "/api/v1/nothing", "/api/v1/nodes/none", "/api/v1/nodes/", "/api/v2/state", "/ui/none.js",
        "/ui/../index.html", "/ui/..%2f..%2fetc%2fpasswd", "/ui/", "/.git/config", "/api/v1/failovers/99",
        "/etc/passwd", "/api/v1/state/x"}) {
    INFO(path);
    CHECK(get(path).status == 404);
  }
  const http::Response bad = get("/api/v1/sessions", "sort=size");
  CHECK(bad.status == 400);
  CHECK(Json::parse(bad.body)["error"].get<std::string>().find("sort") == 0);
  CHECK(get("/metrics", "scope").status == 400);
}

TEST_CASE_METHOD(HttpApiFixture, "a thousand scrapes cost what a few cost", "[http_api]") {
  open();
  std::size_t answered = 0;
  std::vector<std::unique_ptr<http::RawClient>> clients;
  const std::string one = "GET /;csv HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string many;
  for (int i = 0; i < 50; ++i) many += one;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<http::RawClient>(loop, address(), many));
  REQUIRE(run_until([&] {
    answered = 0;
    for (const auto& client : clients) {
      for (std::size_t at = client->got.find("HTTP/1.1 200"); at != std::string::npos;
           at = client->got.find("HTTP/1.1 200", at + 1)) {
        ++answered;
      }
    }
    return answered == 1000;
  }));
  CHECK(backend.snapshots < 500);  // one for each 100 ms at most, however slow this machine is
}

TEST_CASE_METHOD(HttpApiFixture,
                 "what is sent again is what was sent, and with HEAD and Connection: close as asked",
                 "[http_api]") {
  open();
  for (int i = 0; i < 3; ++i) {
    const http::RawClient first(
        loop, address(),
        "GET /api/v1/nodes?x HTTP/1.1\r\nHost: a\r\n\r\nHEAD /api/v1/nodes?x HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /api/v1/nodes?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    REQUIRE(run_until([&] { return first.ended; }));
    const std::size_t head_size = first.got.find("\r\n\r\n") + 4;
    const std::string head = first.got.substr(0, head_size);
    const std::size_t length = std::stoul(head.substr(head.find("Content-Length: ") + 16));
    const std::string body = first.got.substr(head_size, length);
    std::string last = head;
    last.replace(last.find("keep-alive"), 10, "close");
    CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(Json::parse(body).is_array());
    CHECK(first.got == head + body + head + last + body);
  }
}

TEST_CASE_METHOD(HttpApiFixture, "a control loop that hangs leaves the last picture, with its age",
                 "[http_api]") {
  open();
  CHECK(get("/status").status == 200);
  backend.hangs = true;
  run_for(2 * StatsPorts::snapshot_fresh + 10ms);
  const http::Response late = get("/status");
  CHECK(late.status == 200);
  CHECK(std::stoi(std::string(late.headers.find("Age").value_or("0"))) >= 1);
  CHECK(get("/health").status == 200);  // not for long enough yet
}

TEST_CASE_METHOD(HttpApiFixture, "before the first picture there is none, and that is said", "[http_api]") {
  backend.hangs = true;
  open();
  CHECK(get("/status").status == 503);
  CHECK(get("/health").status == 503);
  CHECK(get("/ready").status == 503);
}

TEST_CASE_METHOD(HttpApiFixture, "ready means that clients are accepted; with a leader, if asked for one",
                 "[http_api]") {
  open();
  backend.picture.leader.node = {};
  CHECK(get("/ready").status == 200);
  CHECK(get("/ready", "leader").status == 503);
  CHECK(get("/ready", "leader=1&x").status == 503);
  backend.picture.process.stopping = true;
  run_for(StatsPorts::snapshot_fresh + 10ms);
  CHECK(get("/ready").status == 503);
  CHECK(get("/health").status == 200);
}

TEST_CASE_METHOD(HttpApiFixture, "a leader that takes no connections from here is no leader to be ready with",
                 "[http_api]") {
  open();
  NodeView& leader = backend.picture.nodes[0].view;
  backend.picture.leader.node = leader.id;
  CHECK(get("/ready", "leader").status == 200);
  leader.no_connection =
      NoConnectionView{{}, Silence::refused, "connect to 10.0.0.1:5432: connection refused"};
  run_for(StatsPorts::snapshot_fresh + 10ms);
  const http::Response answer = get("/ready", "leader");
  CHECK(answer.status == 503);
  CHECK(answer.body.find("connect to 10.0.0.1:5432: connection refused") != std::string::npos);
  CHECK(get("/ready").status == 200);
}

TEST_CASE_METHOD(HttpApiFixture, "the page's files are kept by browsers as long as they are the same",
                 "[http_api]") {
  open();
  const std::string page = get("/").body;
  const std::size_t at = page.find("ui/");
  REQUIRE(at != std::string::npos);
  const std::string file = "/" + page.substr(at, page.find('"', at) - at);
  const http::Response first = get(file);
  CHECK(first.status == 200);
  const std::string etag(first.headers.find("ETag").value_or(""));
  const http::Response again = get(file, "", {{"If-None-Match", etag}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(get(file, "", {{"If-None-Match", "\"other\""}}).status == 200);
}

TEST_CASE_METHOD(HttpApiFixture, "a new configuration keeps the port open, also with other options",
                 "[http_api]") {
  {
    const UniqueFd free = loop::closed_port();
    config.bind = {{"127.0.0.1", loop::socket_address(free.get()).port()}};
  }
  open();
  const Address before = address();
  config.max_connections = 50;
  open();
  CHECK(address() == before);
  CHECK(get("/health").status == 200);
  StatsConfig broken = config;
  broken.bind.push_back({"127.0.0.1", before.port()});
  broken.tls.cert_file = "/nonexistent/cert.pem";
  broken.tls.key_file = "/nonexistent/key.pem";
  const std::vector<Error> errors = ports->prepare(broken);
  REQUIRE_FALSE(errors.empty());
  CHECK(errors[0].message.find("stats.tls: ") == 0);
  CHECK(get("/health").status == 200);
}

}  // namespace
}  // namespace tamada::router
