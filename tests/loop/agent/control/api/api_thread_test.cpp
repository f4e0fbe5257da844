#include "agent/control/api/api_thread.h"

#include <atomic>
#include <optional>
#include <thread>

#include "tests/loop/agent/api/api_snapshots.h"
#include "tests/loop/common/http/http_raw_client.h"
#include "tests/support/agent_api_backend.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

RestApiConfig loopback_config(const std::string& host = "127.0.0.1", std::uint16_t port = 0) {
  RestApiConfig config;
  config.listen = {host, port};
  return config;
}

// The test's loop is the HA loop, and the clients' as well; what must work while the HA loop hangs is asked with plain sockets.
struct Threaded : loop::LoopFixture {
  using Listening = Result<std::vector<Address>>;

  Threaded() { start(); }

  void start(ApiLimits limits = {}, const loop::Resolver::Options& resolver = {}) {
    api.reset();
    api.emplace(loop, backend, limits, resolver);
    api->publish(std::make_shared<const NodeSnapshot>(made_now(agent_leader())));
  }
  Listening configure(const RestApiConfig& config) {
    std::optional<Listening> told;
    api->configure(config, [&](const Listening& listening) { told = listening; });
    CHECK_FALSE(told);
    REQUIRE(run_until([&] { return told.has_value(); }));
    if (*told) address = (*told)->front();
    return *told;
  }
  static std::string request(const std::string& method, const std::string& path,
                             const std::string& body = "") {
    std::string bytes = method + " " + path + " HTTP/1.0\r\n";
    if (!body.empty()) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return bytes + "\r\n" + body;
  }
  static std::string words(const std::string& got) {
    const auto end = got.find("\r\n\r\n");
    return end == std::string::npos || got.size() < 12 ? got : got.substr(9, 3) + " " + got.substr(end + 4);
  }
  std::string ask(const std::string& method, const std::string& path, const std::string& body = "") {
    http::RawClient client(loop, address, request(method, path, body));
    run_until([&] { return client.ended || !client.broken.empty(); });
    return words(client.got);
  }
  // Without the test's loop, which does not turn meanwhile.
  std::string ask_beside(const std::string& method, const std::string& path) const {
    const UniqueFd fd = loop::raw_client(address);
    loop::raw_send(fd, request(method, path));
    std::string got;
    char part[4096];
    for (ssize_t size = 0; (size = ::recv(fd.get(), part, sizeof part, 0)) > 0;)
      got.append(part, static_cast<std::size_t>(size));
    return words(got);
  }

  RecordingBackend backend;
  std::optional<ApiThread> api;
  Address address;
};

}  // namespace

TEST_CASE_METHOD(Threaded, "what clients ask for is done on the HA loop, and answered on the API's",
                 "[agent][api_thread]") {
  REQUIRE(configure(loopback_config()));
  backend.read = std::make_shared<const NodeSnapshot>(made_now(agent_leader()));
  CHECK(ask("GET", "/primary").substr(0, 3) == "200");
  CHECK(ask("POST", "/restart") == "200 restarted successfully");
  CHECK(ask("POST", "/reload") == "202 reload scheduled");
  CHECK(ask("POST", "/reinitialize") == "200 reinitialize started");
  CHECK(ask("DELETE", "/restart") == "200 scheduled restart deleted");
  CHECK(ask("PATCH", "/config", R"({"ttl": 20})") == R"(200 {"ttl":20})");
  CHECK(ask("GET", "/cluster").substr(0, 3) == "200");
  CHECK(backend.restarts.size() == 1);
  CHECK(backend.reloads == 1);
  CHECK(backend.configs.size() == 1);
}

TEST_CASE_METHOD(Threaded, "an HA loop that hangs is told in time, and reading goes on",
                 "[agent][api_thread]") {
  start({100ms, 100ms, 300ms});
  REQUIRE(configure(loopback_config()));
  const TimePoint began = loop::boot_now();
  CHECK(ask_beside("GET", "/primary").substr(0, 3) == "200");
  CHECK(ask_beside("GET", "/cluster").substr(0, 3) == "503");
  CHECK(ask_beside("DELETE", "/restart") == "404 no restarts are scheduled");
  CHECK(ask_beside("POST", "/reinitialize") == "503 another action already in progress");
  CHECK(ask_beside("POST", "/restart") == "503 restart failed");
  CHECK(loop::boot_now() - began >= 600ms);
  // Now it goes on: what waited for too long is not done any more.
  run_for(50ms);
  CHECK(backend.restarts.empty());
  CHECK(backend.reinitializations.empty());
  CHECK(backend.readings == 0);
}

TEST_CASE_METHOD(Threaded, "a backend that does not answer is waited for until the limit",
                 "[agent][api_thread]") {
  start({100ms, 100ms, 300ms});
  REQUIRE(configure(loopback_config()));
  backend.is_late = true;
  CHECK(ask("GET", "/cluster").substr(0, 3) == "503");
  CHECK(ask("POST", "/restart") == "503 restart failed");
  backend.deliver_all();  // too late, and for nobody
  run_for(20ms);
  CHECK(ask("GET", "/primary").substr(0, 3) == "200");
}

TEST_CASE_METHOD(Threaded, "an address that is taken leaves everything as it was", "[agent][api_thread]") {
  const UniqueFd taken = loop::raw_server();
  const std::uint16_t taken_port = loop::socket_address(taken.get()).port();
  CHECK_FALSE(configure(loopback_config("127.0.0.1", taken_port)));
  REQUIRE(configure(loopback_config()));
  const Address before = address;
  CHECK_FALSE(configure(loopback_config("127.0.0.1", taken_port)));
  RestApiConfig no_certificate = loopback_config();
  no_certificate.certfile = "/nowhere.pem";
  CHECK_FALSE(configure(no_certificate));
  CHECK(ask("GET", "/primary").substr(0, 3) == "200");
  CHECK(configure(loopback_config()).value() == std::vector{before});
}

TEST_CASE_METHOD(Threaded, "a changed configuration keeps the connections that are open",
                 "[agent][api_thread]") {
  RestApiConfig config = loopback_config();
  REQUIRE(configure(config));
  http::RawClient open(loop, address, "GET /primary HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(run_until([&] { return open.got.find("200 OK") != std::string::npos; }));
  const Address before = address;
  config.authentication = {"admin", "secret"};
  CHECK(configure(config).value() == std::vector{before});
  CHECK(ask("POST", "/restart") == "401 no auth header received");
  open.got.clear();
  open.say("GET /replica HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(run_until([&] { return open.got.find("503") != std::string::npos; }));
  CHECK_FALSE(open.ended);
}

TEST_CASE_METHOD(Threaded, "a name is looked up, and one without an address is told", "[agent][api_thread]") {
  loop::Resolver::Options names;
  names.lookup = [](const std::string& host) -> loop::Resolver::Answer {
    if (host != "both") return fail(ErrorKind::unresolved, "resolve " + host + ": no such name");
    // A family that this machine may not have, and an address that it has.
    return std::vector{*Address::from_ip("2001:db8::1", 0), *Address::from_ip("127.0.0.1", 0)};
  };
  start({}, names);
  const auto unknown = configure(loopback_config("nobody"));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::unresolved);
  const auto both = configure(loopback_config("both"));
  REQUIRE(both);
  CHECK(both->size() == 1);
  CHECK(ask("GET", "/primary").substr(0, 3) == "200");
  REQUIRE(configure(loopback_config("")));
  address = loop::loopback(address.port());
  CHECK(ask("GET", "/primary").substr(0, 3) == "200");
}

TEST_CASE_METHOD(Threaded, "a newer configuration takes the place of one whose name hangs",
                 "[agent][api_thread]") {
  const auto go_on = std::make_shared<std::atomic<bool>>(false);  // the look-up may outlive the test
  loop::Resolver::Options names;
  names.lookup = [go_on](const std::string&) -> loop::Resolver::Answer {
    while (!*go_on) std::this_thread::sleep_for(1ms);
    return fail(ErrorKind::unresolved, "late");
  };
  start({}, names);
  std::optional<Listening> first;
  api->configure(loopback_config("hangs"), [&](const Listening& told) { first = told; });
  REQUIRE(configure(loopback_config()));
  REQUIRE(first);
  CHECK(first->error().kind == ErrorKind::closed);
  CHECK(ask("GET", "/primary").substr(0, 3) == "200");
  *go_on = true;
  api.reset();
}

TEST_CASE_METHOD(Threaded, "it starts and ends many times, also while clients wait", "[agent][api_thread]") {
  backend.is_late = true;
  for (int i = 0; i < 20; ++i) {
    start();
    if (i % 3 == 0) continue;  // never configured
    if (i % 3 == 1) {
      api->configure(loopback_config(), [](const Listening&) { FAIL("told after the end"); });
      api.reset();
      run_turns();
      continue;
    }
    REQUIRE(configure(loopback_config()));
    http::RawClient waiting(loop, address, request("POST", "/restart"));
    http::RawClient reading(loop, address, request("GET", "/cluster"));
    const std::size_t before = backend.waiting.size();
    REQUIRE(run_until([&] { return backend.waiting.size() >= before + 2; }));
    api.reset();
    CHECK(run_until([&] { return waiting.ended || !waiting.broken.empty(); }));
    backend.deliver_all();
  }
  run_turns();
}
