// HttpApiFixture: StatsPorts on a loopback port, in front of a backend that is played and whose snapshot is
// tests/support/a_snapshot.h's.
#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "common/http/client_request.h"
#include "router/api/stats_ports.h"
#include "tests/support/a_snapshot.h"
#include "tests/support/loop_fixture.h"

namespace tamada::router {

using Json = nlohmann::json;

class PlayedBackend final : public StatsBackend {
 public:
  explicit PlayedBackend(loop::Loop& loop) : loop_(loop), picture(test::a_snapshot()) {}

  void snapshot(std::function<void(StatsSnapshotPtr)> ready) override {
    ++snapshots;
    if (hangs) return;
    auto made = std::make_shared<StatsSnapshot>(picture);
    made->number = snapshots;
    // The same moments of the wall clock at each time of the boot clock, as in a router.
    made->now = loop::boot_now();
    made->wall_now += std::chrono::duration_cast<WallTime::duration>(made->now - picture.now);
    loop_.post([ready = std::move(ready), made] { ready(made); });
  }
  void sessions(std::function<void(SessionListPtr)> ready) override {
    ++session_lists;
    loop_.post(
        [ready = std::move(ready)] { ready(std::make_shared<const SessionList>(test::some_sessions())); });
  }
  void act(Action action, std::function<void(ActionResult)> done) override {
    actions.push_back(std::move(action));
    if (never_acts) return unanswered.push_back(std::move(done));
    loop_.post([done = std::move(done), result = result] { done(result); });
  }
  void forget() override {}
  void record(const char* event, const std::string& by, const std::string& from,
              const std::string& words) override {
    records.push_back(fmt::format("{} by={} from={} {}", event, by, from, words));
  }
  void record_denied(const std::string& by, const Address& from, const std::string& words) override {
    records.push_back(fmt::format("stats.denied by={} from={} {}", by, from.to_string(), words));
  }

 private:
  loop::Loop& loop_;

 public:
  StatsSnapshot picture;
  ActionResult result{ActionResult::Kind::done, "done as asked"};
  bool hangs = false;
  bool never_acts = false;
  std::uint64_t snapshots = 0;
  std::uint64_t session_lists = 0;
  std::vector<Action> actions;
  std::vector<std::function<void(ActionResult)>> unanswered;
  std::vector<std::string> records;
};

class HttpApiFixture : public loop::LoopFixture {
 public:
  // "geheim"
  static constexpr const char* hash = "$5$rounds=1000$abcdefgh$gzXh90B7DNRvED/UqfwXC2mPTZTEIhQ4YZOYqKQr2k7";

  HttpApiFixture() : backend(loop), ports(std::in_place, loop, static_cast<StatsBackend&>(backend)) {
    config.bind = {{"127.0.0.1", 0}};
    config.max_connections = 100;
    config.users = {{"dba", hash}};
  }
  ~HttpApiFixture() { ports.reset(); }

  void open() {
    const std::vector<Error> errors = ports->prepare(config);
    for (const Error& error : errors) UNSCOPED_INFO(error.message);
    REQUIRE(errors.empty());
    ports->commit();
  }
  [[nodiscard]] Address address() const { return ports->addresses().front(); }
  [[nodiscard]] std::string origin() const { return "http://" + address().to_string(); }

  http::Response send(const http::Request& request) {
    std::optional<http::Outcome<http::Response>> answer;
    const http::Url url = *http::Url::parse(origin());
    const http::ClientRequest asking(loop, http::Target::of(url, address(), nullptr), request,
                                     {.deadline = 20s},
                                     [&](http::Outcome<http::Response> got) { answer = std::move(got); });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    if (!*answer) FAIL(answer->error().error.message);
    return **answer;
  }
  http::Response get(const std::string& path, const std::string& query = {},
                     const http::Headers& headers = {}) {
    http::Request request;
    request.path = path;
    request.query = query;
    request.headers = headers;
    return send(request);
  }
  http::Response change(const std::string& method, const std::string& path, const std::string& body,
                        http::Headers headers, const std::string& type = "application/json") {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers = std::move(headers);
    if (!type.empty()) request.headers.add("Content-Type", type);
    return send(request);
  }

  [[nodiscard]] http::Headers basic(const std::string& user = "dba",
                                    const std::string& password = "geheim") const {
    return {{"Authorization", http::basic_credentials(user, password)}};
  }
  struct SignedIn {
    std::string cookie;  // "name=value"
    std::string csrf;
    http::Headers headers;
  };
  SignedIn sign_in() {
    const http::Response response =
        change("POST", "/api/v1/sign-in", R"({"user":"dba","password":"geheim"})", {{"Origin", origin()}});
    REQUIRE(response.status == 200);
    const std::string cookie(response.headers.find("Set-Cookie").value_or(""));
    SignedIn one{
        cookie.substr(0, cookie.find(';')), Json::parse(response.body)["csrf"].get<std::string>(), {}};
    one.headers = {{"Cookie", one.cookie}, {"X-Tamada-CSRF", one.csrf}, {"Origin", origin()}};
    return one;
  }

  PlayedBackend backend;
  StatsConfig config;
  std::optional<StatsPorts> ports;
};

}  // namespace tamada::router
