// The rows of `log:` and of the process itself.
#include "router/config/setting_rows.h"

namespace tamada::router {

using namespace setting_rows;

void add_process_settings(std::vector<Setting>& rows) {
  rows.push_back(one_of(
      "log.level", "the least important lines that are written",
      [](SettingScope & s) -> auto& { return s.config.log.level; }, log_levels));
  rows.push_back(word(
      "log.format", "lines for people, or one JSON object a line",
      [](SettingScope & s) -> auto& { return s.config.log.format; }, log_format_words));
  rows.push_back(word(
      "log.sessions", "which sessions have a line at their end; those that end badly have it at warn",
      [](SettingScope & s) -> auto& { return s.config.log.sessions; }, session_lines_words));
  rows.push_back(on_off(
      "log.session_starts", "a line when a session has started, too, to find it while it runs",
      [](SettingScope & s) -> auto& { return s.config.log.session_starts; }));
  rows.push_back(duration(
      "resolve_interval",
      "how often the names of nodes that are well are looked up again; others every second",
      [](SettingScope & s) -> auto& { return s.config.resolve_interval; }, 10ms));
  rows.push_back(count(
      "workers", "threads that relay sessions; 0: chosen from the processors this process may use",
      [](SettingScope & s) -> auto& { return s.config.workers; }, 0, 1024));
  rows.push_back(count(
      "max_connections", "clients in all; 0: as many as file descriptors allow",
      [](SettingScope & s) -> auto& { return s.config.max_connections; }, 0, 10 * a_million));
  rows.push_back(duration_or_off(
      "drain_timeout", "after SIGTERM, how long sessions may go on; off: not at all",
      [](SettingScope & s) -> auto& { return s.config.drain_timeout; }, 1ms));
  rows.push_back(text(
      "state_dir", "folder",
      "administrative state and the list of fail-overs survive a restart here, one router a folder; none: "
      "they do not",
      [](SettingScope & s) -> auto& { return s.config.state_dir; }));
}

}  // namespace tamada::router
