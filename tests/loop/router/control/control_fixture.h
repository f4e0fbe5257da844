// ControlFixture: the real Control with its WorkerPool, in front of nodes that are played, with a
// configuration file in a folder of its own and short times.
#pragma once

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/http/client_request.h"
#include "router/control/control.h"
#include "tests/loop/router/control/control_fake_names.h"
#include "tests/loop/router/control/control_fake_node.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/recording_stream.h"
#include "tests/support/temporary_folder.h"

namespace tamada::router {

using Json = nlohmann::json;

// A REST API and a PostgreSQL that belong together.
struct FakeNode {
  FakeNode(loop::Loop& loop, std::string its_name, const Address& address = loop::loopback())
      : name(std::move(its_name)), patroni(loop, address), postgres(loop, name, address) {
    patroni.be_replica();
  }
  [[nodiscard]] std::string yaml() const {
    return fmt::format("{{name: {}, postgres: \"{}\", api: \"{}\"}}", name, postgres.host_port().to_string(),
                       patroni.url());
  }
  void down() {
    patroni.server().down();
    postgres.server().down();
  }
  std::string name;
  FakePatroni patroni;
  FakePostgres postgres;
};

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

using loop::free_port;

class ControlFixture : public loop::LoopFixture {
 public:
  ControlFixture() : log(quiet()), a(loop, "a"), b(loop, "b") {
    a.patroni.be_leader();
    write_port = free_port();
    read_port = free_port();
    stats_port = free_port();
  }

  static LogConfig quiet() {
    LogConfig config;
    config.level = std::getenv("TAMADA_TEST_LOG") == nullptr ? "error" : "debug";
    return config;
  }

  // The configuration as text; `more` is appended (further top-level settings).
  [[nodiscard]] std::string yaml(const std::vector<std::string>& nodes, const std::string& more = {}) const {
    std::string list;
    for (const std::string& node : nodes) list += "    - " + node + "\n";
    return fmt::format(
        "cluster:\n  name: test\n  nodes:\n{}"
        "checks: {{interval: 200ms, fast_interval: 20ms, timeout: 500ms, expire: 2s}}\n"
        "resolve_interval: 50ms\n"
        "listeners:\n"
        "  write: {{bind: \"127.0.0.1:{}\", to: leader}}\n"
        "  read: {{bind: \"127.0.0.1:{}\", to: replica, otherwise: none}}\n"
        "stats: {{bind: \"127.0.0.1:{}\", admin_user: admin, admin_password: secret}}\n"
        "log: {{level: {}}}\n{}",
        list, write_port, read_port, stats_port, quiet().level, more);
  }
  [[nodiscard]] std::string yaml() const { return yaml({a.yaml(), b.yaml()}); }

  [[nodiscard]] std::string file() const { return folder / "router.yaml"; }

  void start(const std::string& text) {
    write_file(file(), text);
    start_from(file());
  }
  void start_from(const std::string& path) {
    const LoadedConfig config = read_router_config(path, {});
    if (!config) FAIL(format_errors(config.error(), "test"));
    ControlOptions options;
    options.file = path;
    options.resolver = names.options();
    options.workers = 2;
    control = std::make_unique<Control>(loop, log, std::move(options));
    const std::vector<Error> errors = control->start(*config);
    for (const Error& error : errors) UNSCOPED_INFO(error.message);
    REQUIRE(errors.empty());
  }

  [[nodiscard]] Json status() const { return Json::parse(control->status_json()); }
  [[nodiscard]] Json node(const std::string& configured_name) const {
    const Json all = status();
    for (const Json& one : all["nodes"]) {
      if (one["configured_name"] == configured_name) return one;
    }
    return nullptr;
  }
  bool wait_for_leader(const std::string& name) {
    return run_until([&] { return status()["leader"]["node"] == name; });
  }

  // A client that sent its StartupMessage, and a query that makes the server say its name.
  std::unique_ptr<loop::RecordingStream> client(std::uint16_t port) {
    auto stream = std::make_unique<loop::RecordingStream>(loop);
    stream->when_connected = [raw = stream.get()] {
      if (!*raw->connected) return;
      raw->stream->read_start();
      raw->write(std::string("\0\0\0\x10\0\3\0\0user\0u\0\0", 16));
    };
    stream->stream->connect(loop::loopback(port), 5s);
    return stream;
  }
  // Which server a client of `port` gets; empty: none within `limit`.
  std::string server_of(std::uint16_t port, Duration limit = 10s) {
    const auto one = client(port);
    run_until([&] { return one->received.find('Z') != std::string::npos || one->closed; }, limit);
    if (one->received.find('Z') == std::string::npos) return {};
    one->write("Q");
    run_until([&] { return one->received.find(']') != std::string::npos; });
    const std::size_t begin = one->received.find('[');
    return begin == std::string::npos ? std::string() : one->received.substr(begin + 1, 1);
  }

  // The status server, over HTTP.
  http::Response http(http::Request request) {
    std::optional<http::Outcome<http::Response>> answer;
    const http::Url url = *http::Url::parse(fmt::format("http://127.0.0.1:{}", stats_port));
    const http::ClientRequest asking(loop, http::Target::of(url, loop::loopback(), nullptr), request, {},
                                     [&](http::Outcome<http::Response> got) { answer = std::move(got); });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    if (!*answer) FAIL(answer->error().error.message);
    return **answer;
  }
  http::Response get(const std::string& path, const std::string& query = {}) {
    http::Request request;
    request.path = path;
    request.query = query;
    return http(request);
  }

  TemporaryFolder folder;
  EventLog log;
  FakeNames names;
  FakeNode a;
  FakeNode b;
  std::uint16_t write_port = 0;
  std::uint16_t read_port = 0;
  std::uint16_t stats_port = 0;
  std::unique_ptr<Control> control;
};

}  // namespace tamada::router
