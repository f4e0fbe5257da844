// WatchFixture: a ServerWatch on the server of a real guard, told of each change of the guard's state.
#pragma once

#include "agent/server/watch/server_watch.h"
#include "tests/loop/agent/guard/guard_fixture.h"

namespace tamada::agent {

class WatchFixture : public guard::GuardFixture {
 public:
  WatchFixture() { make_watch(); }

  void make_watch() {
    watch = std::make_unique<ServerWatch>(loop, helper(), [this](const ServerLook& seen) {
      ++looks;
      is_news = true;
      last = seen;
    });
    watch->configure(setup());
    watch->set_interval(500ms);
    looks = 0;
  }

  // Of a look that begins now.
  ServerLook look_now(Duration limit = 30s) {
    bool is_done = false;
    watch->set_guard(told());
    watch->look([&is_done] { is_done = true; });
    REQUIRE(run_until([&is_done] { return is_done; }, limit));
    return last;
  }
  // A look for which it holds.
  bool sees(const std::function<bool(const ServerLook&)>& is_so, Duration limit = 60s) {
    const bool is_seen = run_until(
        [&] {
          watch->set_guard(told());
          return std::exchange(is_news, false) && is_so(last);
        },
        limit);
    if (!is_seen) UNSCOPED_INFO("last: kind " << static_cast<int>(last.view.kind) << ", " << last.problem);
    return is_seen;
  }
  bool sees_kind(ha::ServerKind kind) {
    return sees([kind](const ServerLook& look) { return look.view.kind == kind; });
  }

  [[nodiscard]] std::optional<guard::GuardStatus> told() const {
    if (!agent || !agent->client->is_ready()) return std::nullopt;
    return status();
  }

  [[nodiscard]] ServerSetupPtr setup() const {
    AgentConfig config;
    config.postgres.data_dir = data;
    config.postgres.port = static_cast<std::uint16_t>(std::stoi(port));
    config.postgres.superuser.username = "postgres";
    config.postgres.parameters["unix_socket_directories"] = folder.path();
    config.postgres.shared.bin_dir = postgres::programs.substr(0, postgres::programs.size() - 1);
    config.postgres.shared.use_unix_socket = true;
    config.postgres.given = {"bin_dir", "use_unix_socket"};
    return make_server_setup(std::move(config), ConfigValue::object(), {}, 150000);
  }
  static const ExecHelper& helper() {
    static const Result<ExecHelper> found = ExecHelper::find();
    REQUIRE(found.has_value());
    return *found;
  }

  int looks = 0;
  ServerLook last;
  bool is_news = false;
  std::unique_ptr<ServerWatch> watch;
};

}  // namespace tamada::agent
