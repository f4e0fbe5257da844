// The rows of the first level, of `log`, `watchdog` and `tags`.
#include "agent/config/setting_rows.h"

namespace tamada::agent::rows {

namespace {

using C = AgentConfig;

void add_log(std::vector<Setting>& rows) {
  rows.push_back(word<>(
      "log.type", "the form of a line", [](C & c) -> auto& { return c.log.type; },
      std::vector<std::pair<std::string_view, LogSettings::Type>>{{"plain", LogSettings::Type::plain},
                                                                  {"json", LogSettings::Type::json}}));
  rows.push_back(word<>(
      "log.level", "lines of lower levels are left out", [](C & c) -> auto& { return c.log.level; },
      std::vector<std::pair<std::string_view, std::string>>{{"DEBUG", "DEBUG"},
                                                            {"INFO", "INFO"},
                                                            {"WARNING", "WARNING"},
                                                            {"WARN", "WARNING"},
                                                            {"ERROR", "ERROR"},
                                                            {"CRITICAL", "CRITICAL"},
                                                            {"FATAL", "CRITICAL"}}));
  rows.push_back(word<>(
      "log.traceback_level", "from which level on causes are written in full",
      [](C & c) -> auto& { return c.log.traceback_level; },
      std::vector<std::pair<std::string_view, std::string>>{
          {"ERROR", "ERROR"}, {"DEBUG", "DEBUG"}, {"error", "ERROR"}, {"debug", "DEBUG"}}));
  Setting format_row = value(
      "log.format", "text or list", "the fields of a line, as Python's logging names them",
      [](C & c) -> auto& { return c.log.format; },
      [](const YamlNode& node, SettingNotes&) {
        YamlPlace ignored;
        return read_tree(node, ignored);
      },
      [](const ConfigValue& format) { return patroni::python_text(format); });
  rows.push_back(std::move(format_row));
  rows.push_back(text(
      "log.dateformat", "of asctime, as strftime takes it; none: 2026-01-31 12:00:00,000",
      [](C & c) -> auto& { return c.log.dateformat; }));
  rows.push_back(map(
      "log.static_fields", "names with values", "further fields of each line of type json",
      [](C & c) -> auto& { return c.log.static_fields; }));
  rows.push_back(number<std::uint32_t>(
      "log.max_queue_size", "lines that wait to be written; more are left out",
      [](C & c) -> auto& { return c.log.max_queue_size; }, 1, 10'000'000));
  rows.push_back(only_text(
      "log.dir", "a path", "a folder for patroni.log; none: standard error",
      [](C & c) -> auto& { return c.log.dir; }));
  rows.push_back(number<std::uint64_t>(
      "log.file_size", "bytes of a file; then the next one is begun",
      [](C & c) -> auto& { return c.log.file_size; }, 1024, 1ULL << 40));
  rows.push_back(number<std::uint32_t>(
      "log.file_num", "older files that are kept", [](C & c) -> auto& { return c.log.file_num; }, 0, 10'000));
  Setting mode_row = value(
      "log.mode", "number", "permissions of the files, as 0644; none: by the umask",
      [](C & c) -> auto& { return c.log.mode; },
      [](const YamlNode& node, SettingNotes&) -> Result<std::optional<std::uint32_t>> {
        const auto number = read_whole(node, 0, 0777);
        if (!number) return tl::make_unexpected(number.error());
        return static_cast<std::uint32_t>(*number);
      },
      [](const std::optional<std::uint32_t>& mode) {
        return mode ? fmt::format("0{:o}", *mode) : std::string();
      });
  rows.push_back(std::move(mode_row));
  rows.push_back(text_map(
      "log.loggers", "names with levels", "levels of single parts, by the names of Patroni's modules",
      [](C & c) -> auto& { return c.log.loggers; }));
  rows.push_back(on_off(
      "log.deduplicate_heartbeat_logs", "the line of each cycle only when it says something new",
      [](C & c) -> auto& { return c.log.deduplicate_heartbeat_logs; }));
}

void add_watchdog(std::vector<Setting>& rows) {
  using Mode = WatchdogConfig::Mode;
  rows.push_back(word<>(
      "watchdog.mode", "not used yet, and required is refused",
      [](C & c) -> auto& { return c.watchdog.mode; },
      std::vector<std::pair<std::string_view, Mode>>{
          {"automatic", Mode::automatic}, {"off", Mode::off}, {"required", Mode::required}}));
  rows.push_back(only_text(
      "watchdog.device", "a path", "the device", [](C & c) -> auto& { return c.watchdog.device; }));
  rows.push_back(number<std::int32_t>(
      "watchdog.safety_margin", "seconds between the device's end and the lock's; -1: half of the ttl",
      [](C & c) -> auto& { return c.watchdog.safety_margin; }, -1, 86'400));
  rows.push_back(text(
      "watchdog.driver", "default, or testing", [](C & c) -> auto& { return c.watchdog.driver; }));
}

}  // namespace

void add_process_settings(std::vector<Setting>& rows) {
  rows.push_back(text(
      "scope", "the cluster's name, the same on all its nodes", [](C & c) -> auto& { return c.scope; }));
  rows.push_back(text(
      "name", "this node's name, which no other node has", [](C & c) -> auto& { return c.name; }));
  Setting prefix = value(
      "namespace", "text", "where the keys of all clusters begin in etcd",
      [](C & c) -> auto& { return c.key_prefix; },
      [](const YamlNode& node, SettingNotes&) -> Result<std::string> {
        const auto text = read_text(node);
        if (!text) return text;
        std::string_view inner = *text;
        while (inner.starts_with('/')) inner.remove_prefix(1);
        while (inner.ends_with('/')) inner.remove_suffix(1);
        return "/" + std::string(inner);
      },
      [](const std::string& text) { return text; });
  rows.push_back(std::move(prefix));
  rows.push_back(ignored("thread_pool_size", "of Patroni's threads; not used here"));
  rows.push_back(ignored("thread_stack_size", "of Patroni's threads; not used here"));
  add_log(rows);
  add_watchdog(rows);
  Setting tags_row = value(
      "tags", "names with values",
      "what this node says about itself; nofailover, noloadbalance, ... are built in",
      [](C & c) -> auto& { return c.tags; },
      [](const YamlNode&, SettingNotes&) -> Result<NodeTags> { return NodeTags(); },
      [](const NodeTags& tags) { return tags.all().empty() ? std::string() : tags.all().dump(); });
  tags_row.set_node = [](SettingScope& scope, const YamlNode& node) -> std::vector<SettingFault> {
    if (node.kind == YamlNode::Kind::null) return {};
    YamlPlace at;
    auto values = read_map(node, at);
    if (!values) return {{at, values.error().message}};
    scope.config.tags = NodeTags(*std::move(values));
    return {};
  };
  rows.push_back(std::move(tags_row));
}

}  // namespace tamada::agent::rows
