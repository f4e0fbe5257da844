// config/agent.*.yml agree with the table of settings. Runs in the repository's root.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "agent/config/config_checks.h"
#include "agent/config/settings.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"
#include "tests/unit/agent/config/loading.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every setting that is commented out put in force: "#" directly before a name.
std::string with_all_settings(const std::string& example) {
  std::string text;
  std::istringstream in(example);
  for (std::string line; std::getline(in, line);) {
    const auto hash = line.find_first_not_of(' ');
    const bool off = hash != std::string::npos && line[hash] == '#' && hash + 1 < line.size() &&
                     line[hash + 1] >= 'a' && line[hash + 1] <= 'z';
    if (off) line.erase(hash, 1);
    text += line + "\n";
  }
  return text;
}

YamlNode tree_of(const std::string& text) {
  std::vector<ConfigError> errors;
  YamlDocument document = parse_yaml(text, "example", errors, agent_yaml_options);
  INFO(format_errors(errors, "the example is broken"));
  REQUIRE(errors.empty());
  return std::move(document.root);
}

// The settings that stand there: rows of the table are not looked into.
void collect(const YamlNode& node, const std::string& path, std::map<std::string, YamlNode>& found) {
  if (settings().find(path) != nullptr || node.kind != YamlNode::Kind::map) {
    found[path] = node;
    return;
  }
  for (const auto& [key, value] : node.entries)
    collect(value, path.empty() ? key.text : path + "." + key.text, found);
}

std::map<std::string, YamlNode> settings_in(const std::string& text) {
  std::map<std::string, YamlNode> found;
  collect(tree_of(text), "", found);
  return found;
}

std::string shown(const Setting& row, AgentConfig& config) {
  SettingNotes notes;
  return fmt::format("{}", fmt::join(row.get({config, notes}), ", "));
}

const std::set<std::string> without_default{
    "scope",
    "name",
    "restapi.listen",
    "restapi.connect_address",
    "etcd3.hosts",
    "bootstrap.dcs",
    "postgresql.listen",
    "postgresql.connect_address",
    "postgresql.data_dir",
    "postgresql.authentication.superuser.username",
    "postgresql.authentication.superuser.password",
    "postgresql.authentication.replication.username",
    "postgresql.authentication.replication.password",
};

}  // namespace

TEST_CASE("the examples load without an error, and with nothing but the watchdog to tell", "[example]") {
  for (const char* file : {"config/agent.minimal.yml", "config/agent.example.yml"}) {
    const LoadedAgentConfig answer = read_agent_config(file, {});
    INFO(told(answer));
    CHECK(answer.ok());
    for (const ConfigWarning& warning : answer.warnings) CHECK(warning.kind == WarningKind::not_used_yet);
    for (const ConfigFinding& finding : validate(answer.config)) {
      CHECK(finding.severity == ConfigFinding::Severity::warning);
    }
  }
}

TEST_CASE("every setting stands in the example, and only settings do", "[example]") {
  const auto found = settings_in(with_all_settings(content_of("config/agent.example.yml")));
  for (const auto& [path, node] : found) {
    INFO(path);
    CHECK(settings().find(path) != nullptr);
  }
  for (const Setting& row : settings().rows()) {
    INFO("missing in config/agent.example.yml: " << row.path);
    CHECK(found.contains(row.path));
  }
}

TEST_CASE("every setting of the example has a value that is taken", "[example]") {
  for (const auto& [path, node] : settings_in(with_all_settings(content_of("config/agent.example.yml")))) {
    AgentConfig config;
    SettingNotes notes;
    SettingScope scope{config, notes};
    INFO(path);
    const Setting* row = settings().find(path);
    REQUIRE(row != nullptr);
    CHECK(row->set_node(scope, node).empty());
  }
}

TEST_CASE("what is in force in the example is the default", "[example]") {
  int compared = 0;
  for (const auto& [path, node] : settings_in(content_of("config/agent.example.yml"))) {
    if (without_default.contains(path)) continue;
    INFO(path);
    const Setting* row = settings().find(path);
    REQUIRE(row != nullptr);
    AgentConfig config;
    const std::string usual = shown(*row, config);
    SettingNotes notes;
    SettingScope scope{config, notes};
    REQUIRE(row->set_node(scope, node).empty());
    CHECK(shown(*row, config) == usual);
    ++compared;
  }
  CHECK(compared > 25);
}

TEST_CASE("the shared configuration of the example has every setting, with its default", "[example]") {
  const std::string example = content_of("config/agent.example.yml");
  const AgentConfig config = read_agent_config("config/agent.example.yml", {}).config;
  CHECK(patroni::read_dynamic_settings(config.bootstrap.dcs).settings == patroni::DynamicSettings{});
  YamlPlace at;
  const auto all = read_map(settings_in(with_all_settings(example)).at("bootstrap.dcs"), at);
  REQUIRE(all);
  for (const std::string_view name : patroni::dynamic_setting_names()) {
    INFO(name);
    CHECK(all->contains(name));
  }
}
