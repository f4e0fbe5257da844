// What is written about the settings agrees with the table of settings: docs/configuration.md,
// config/router.example.yaml, and describe(). Runs in the repository's root.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/config/yaml_tree.h"
#include "router/config/settings.h"
#include "tests/unit/router/config/loading.h"

using namespace tamada;
using namespace tamada::router;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string default_of(const Setting& setting, std::string_view listener_name) {
  RouterConfig config = default_router_config();
  ListenerConfig listener = default_listener(listener_name);
  EtcdConfig etcd;
  return fmt::format("{}", fmt::join(setting.get({config, listener, etcd}), ", "));
}

// How the documentation shows a setting's default.
std::string shown_default(const Setting& setting) {
  const std::string write = default_of(setting, "write");
  const std::string read = default_of(setting, "read");
  if (write != read) return fmt::format("`{}` (write), `{}` (read)", write, read);
  return write.empty() ? "–" : fmt::format("`{}`", write);
}

std::string documented(const Setting& setting) {
  std::string path = setting.path;
  std::string variable = settings().layout().variable_name(path);
  if (const auto star = path.find('*'); star != std::string::npos) path.replace(star, 1, "NAME");
  if (const auto star = variable.find('*'); star != std::string::npos) variable.replace(star, 1, "NAME");
  return fmt::format("| `{}` | {} | {} | {} | `{}` |", path, setting.type, shown_default(setting),
                     setting.meaning, variable);
}

// The example with every setting that is commented out put in force: "#" directly before a name.
std::string with_all_settings(const std::string& example) {
  std::string text;
  for (std::string line : lines_of(example)) {
    const auto hash = line.find_first_not_of(' ');
    if (hash != std::string::npos && line[hash] == '#' && hash + 1 < line.size() && line[hash + 1] >= 'a' &&
        line[hash + 1] <= 'z') {
      line.erase(hash, 1);
    }
    text += line + "\n";
  }
  return text;
}

// Every path of the tree with its text (of lists, joined), listeners' names as they are.
void collect(const YamlNode& node, const std::string& path, std::map<std::string, std::string>& found) {
  if (node.kind == YamlNode::Kind::map) {
    for (const auto& [key, value] : node.entries)
      collect(value, path.empty() ? key.text : path + "." + key.text, found);
  } else {
    std::vector<std::string> items;
    for (const YamlNode& item : node.items) items.push_back(item.text);
    found[path] = node.kind == YamlNode::Kind::list ? fmt::format("{}", fmt::join(items, ", ")) : node.text;
  }
}

std::map<std::string, std::string> settings_in(const std::string& text) {
  std::vector<ConfigError> errors;
  std::map<std::string, std::string> found;
  collect(parse_yaml(text, "example", errors).root, "", found);
  INFO(format_errors(errors, "the example is broken"));
  REQUIRE(errors.empty());
  return found;
}

}  // namespace

TEST_CASE("every setting stands in docs/configuration.md as the table says, and nothing else does",
          "[documentation]") {
  const auto lines = lines_of(content_of("docs/configuration.md"));
  std::set<std::string> expected;
  for (const Setting& setting : settings().rows()) {
    const std::string row = documented(setting);
    expected.insert(row);
    INFO("expected in docs/configuration.md:\n" << row);
    CHECK(std::count(lines.begin(), lines.end(), row) == 1);
  }
  for (const std::string& line : lines) {
    const bool is_setting = line.starts_with("| `") && line.find("| `TAMADA_") != std::string::npos;
    INFO("no such setting: " << line);
    if (is_setting) CHECK(expected.count(line) == 1);
  }
}

TEST_CASE("every YAML example in docs/configuration.md loads", "[documentation]") {
  std::string block;
  bool inside = false;
  int blocks = 0;
  for (const std::string& line : lines_of(content_of("docs/configuration.md"))) {
    if (line == "```yaml") {
      inside = true;
      block.clear();
    } else if (line == "```" && inside) {
      inside = false;
      ++blocks;
      // The files that the recipes name exist nowhere here.
      const FileReader any_file = [](const std::string&) -> Result<std::string> { return std::string("x"); };
      const auto config = load_router_config(block, "docs/configuration.md", {}, {any_file});
      INFO(block << (config ? "" : format_errors(config.error(), "it does not load")));
      CHECK(config.has_value());
    } else if (inside) {
      block += line + "\n";
    }
  }
  CHECK(blocks >= 6);
}

TEST_CASE("every example file in config/ loads", "[documentation]") {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator("config")) {
    if (!entry.path().filename().string().starts_with("router.")) continue;
    ++seen;
    const auto config = read_router_config(entry.path().string(), {});
    INFO((config ? "" : format_errors(config.error(), "it does not load")));
    CHECK(config.has_value());
  }
  CHECK(seen >= 2);
}

TEST_CASE("every setting stands in the example, and only settings do", "[documentation]") {
  const auto found = settings_in(with_all_settings(content_of("config/router.example.yaml")));
  std::set<std::string> patterns;
  for (const auto& [path, text] : found) {
    std::string pattern = path;
    if (path.starts_with("listeners.")) pattern = "listeners.*" + path.substr(path.find('.', 10));
    INFO(path);
    CHECK(settings().find(pattern) != nullptr);
    patterns.insert(pattern);
  }
  for (const Setting& setting : settings().rows()) {
    INFO("missing in config/router.example.yaml: " << setting.path);
    // The switches of a whole section stand there as their section.
    CHECK((patterns.count(setting.path) == 1 || settings().layout().is_section(setting.path)));
  }
}

TEST_CASE("what is in force in the example is the default", "[documentation]") {
  int compared = 0;
  for (const auto& [path, text] : settings_in(content_of("config/router.example.yaml"))) {
    if (path == "cluster.nodes" || path == "cluster.api_tls") continue;
    std::string pattern = path;
    std::string listener;
    if (path.starts_with("listeners.")) {
      listener = path.substr(10, path.find('.', 10) - 10);
      pattern = "listeners.*" + path.substr(path.find('.', 10));
    }
    INFO(path);
    const Setting* setting = settings().find(pattern);
    REQUIRE(setting != nullptr);
    // As the setting itself would write it: "60s" and "1min" are the same.
    RouterConfig config = default_router_config();
    ListenerConfig target = default_listener(listener);
    EtcdConfig etcd;
    SettingScope scope{config, target, etcd};
    if (setting->is_list()) setting->clear(scope);
    if (!text.empty()) REQUIRE(setting->set(scope, text));
    CHECK(fmt::format("{}", fmt::join(setting->get(scope), ", ")) == default_of(*setting, listener));
    ++compared;
  }
  CHECK(compared > 30);
}

TEST_CASE("a described configuration loads again and is the same", "[documentation]") {
  const std::map<std::string, std::string> contents{{"/f", "secret"}};
  const std::string text =
      "cluster:\n"
      "  name: \"a \\\"b\\\\ c\"\n"
      "  nodes: [pg1, {name: x, postgres: \"[::1]:5\", api: \"https://h:9\"}]\n"
      "  api_tls: {ca_file: /f, cert_file: /f, key_file: /f, server_name: n}\n"
      "  etcd: {hosts: [\"https://e:1\", e2], username: u, password_file: /f, tls: {verify: false}}\n"
      "listeners:\n"
      "  write: {keepalive: off, deny: [10.0.0.0/8]}\n"
      "  t: {bind: \"*:5003\", to: \"tag:a=b\", max_lag: 5kB, hold: off, keepalive: {count: 4}, on_promote: "
      "cut}\n"
      "  l: {bind: \"*:5004\", to: [\"tag:a=b\", replica, leader], max_lag: 90s, require_streaming: on}\n"
      "stats: {admin_user: u, admin_password_file: /f, socket: [/run/x.sock level admin, '[::1]:9'],\n"
      "  users: ['a:*'], login_to_read: on, standby_status: MAINT, tls: {cert_file: /f, key_file: /f}}\n"
      "drain_timeout: 90s\n";
  for (const std::string& each : {text, std::string("cluster: {nodes: [a]}\nstats: off\n"),
                                  std::string("cluster: {nodes: [a]}\nstats: {bind: [], socket: /s}\n")}) {
    const RouterConfig config = loaded(each, {}, contents);
    INFO(describe(config));
    CHECK(loaded(describe(config), {}, contents) == config);
  }
}

TEST_CASE("a description shows no secret", "[documentation]") {
  const std::string hash = "$5$abcdefgh$azU9PNNJw9essBuwq5yihWY9lFXM0dF54Ph4sAxX.YB";
  const std::string shown =
      describe(loaded("cluster: {name: c, nodes: [pg1], etcd: {hosts: [e], username: u, password: hidden1},\n"
                      "          api_user: a, api_password: hidden3}\n"
                      "stats: {admin_user: u, admin_password: hidden2, users: ['dba:" +
                          hash + "'], users_file: /users}\n",
                      {}, {{"/users", "ops:" + hash}}));
  CHECK(shown.find("hidden") == std::string::npos);
  CHECK(shown.find("abcdefgh") == std::string::npos);
  CHECK(shown.find("password: \"***\"") != std::string::npos);
}
