#include "agent/config/file_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "agent/config/effective_postgres.h"
#include "common/base/spelling.h"
#include "common/base/utf8.h"
#include "common/patroni/dynamic/postgres_parameters.h"

namespace tamada::agent {

namespace {

using Kind = YamlNode::Kind;

constexpr std::array<std::string_view, 9> built_in_tags{"nofailover",    "failover_priority", "noloadbalance",
                                                        "clonefrom",     "replicatefrom",     "nosync",
                                                        "sync_priority", "nostream",          "nosql"};

// Below these a text may be meant for a shell or for PostgreSQL, and a ${...} within it for them.
constexpr std::array<std::string_view, 8> free_sections{
    "bootstrap.dcs",          "bootstrap.post_",        "postgresql.parameters",    "postgresql.callbacks",
    "postgresql.pre_promote", "postgresql.before_stop", "postgresql.recovery_conf", "log.format"};

// The server's version is not known here, and no finding depends on it.
constexpr int any_version = 130000;

bool is_name(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && (text.front() < '0' || text.front() > '9') &&
         std::all_of(text.begin(), text.end(), good);
}

// The first ${NAME} or ${NAME:-otherwise} in it.
std::string_view variable_in(std::string_view text) {
  for (auto begin = text.find("${"); begin != std::string_view::npos; begin = text.find("${", begin + 2)) {
    const auto end = text.find('}', begin);
    if (end == std::string_view::npos) return {};
    const std::string_view inner = text.substr(begin + 2, end - begin - 2);
    if (is_name(inner.substr(0, inner.find(':')))) return text.substr(begin, end - begin + 1);
  }
  return {};
}

bool may_hold_variables(std::string_view path) {
  // Custom methods have a command of their own.
  if (path.ends_with(".command") || path.ends_with("password")) return true;
  return std::any_of(free_sections.begin(), free_sections.end(),
                     [&](std::string_view section) { return path.starts_with(section); });
}

WarningKind warning_kind(patroni::FindingKind kind) {
  switch (kind) {
    case patroni::FindingKind::adjusted:
      return WarningKind::adjusted;
    case patroni::FindingKind::no_effect:
    case patroni::FindingKind::local_only:
      return WarningKind::no_effect;
    case patroni::FindingKind::unknown:
    case patroni::FindingKind::invalid:
    case patroni::FindingKind::unsupported:
      break;
  }
  return WarningKind::unknown;
}

}  // namespace

FoundSetting find_setting(const YamlNode& root, std::string_view path) {
  FoundSetting found;
  const YamlNode* here = &root;
  while (here->kind == Kind::map && !path.empty()) {
    const YamlEntry* next = nullptr;
    for (const YamlEntry& entry : here->entries) {
      const std::string_view name = entry.key.text;
      const bool begins = path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '.' ||
                                                     path[name.size()] == '[');
      if (begins && (next == nullptr || name.size() > next->key.text.size())) next = &entry;
    }
    if (next == nullptr) break;
    path.remove_prefix(std::min(path.size(), next->key.text.size() + 1));
    found = {&next->key, &next->value, path.empty()};
    here = &next->value;
  }
  return found;
}

ConfigError FileChecks::place_of(const std::string& path, std::string message) const {
  const FoundSetting found = find_setting(root_, path);
  YamlPlace place = found.key == nullptr ? YamlPlace{} : found.key->place;
  if (found.exact && found.value->kind != Kind::null) place = found.value->place;
  return {files_[place.file], place.line, place.column, path, std::move(message)};
}

void FileChecks::error_at(const std::string& path, std::string message) {
  loaded_.errors.push_back(place_of(path, std::move(message)));
}

void FileChecks::warn_at(WarningKind kind, const std::string& path, std::string message) {
  loaded_.warnings.push_back({kind, place_of(path, std::move(message))});
}

std::vector<YamlPlace> FileChecks::refuse_variables() {
  std::vector<YamlPlace> found;
  look_for_variables(root_, "", found);
  return found;
}

void FileChecks::look_for_variables(const YamlNode& node, const std::string& path,
                                    std::vector<YamlPlace>& found) {  // NOLINT(misc-no-recursion)
  for (const YamlNode& item : node.items) look_for_variables(item, path, found);
  for (const YamlEntry& entry : node.entries) {
    look_for_variables(entry.value, path.empty() ? entry.key.text : path + "." + entry.key.text, found);
  }
  if (node.kind != Kind::scalar) return;
  const std::string_view variable = variable_in(node.text);
  if (variable.empty() || (variable != node.text && may_hold_variables(path))) return;
  found.push_back(node.place);
  loaded_.errors.push_back(
      {files_[node.place.file], node.place.line, node.place.column, path,
       fmt::format("{} is not expanded: nothing replaces variables in this file; write the value "
                   "itself, or set the setting's PATRONI_ variable",
                   shortened(variable, 60))});
}

void FileChecks::tell(const std::string& section, const patroni::DynamicFinding& finding) {
  const std::string path = finding.key.empty() ? section : section + "." + finding.key;
  if (finding.kind == patroni::FindingKind::invalid || finding.kind == patroni::FindingKind::unsupported) {
    error_at(path, finding.message);
  } else {
    warn_at(warning_kind(finding.kind), path, finding.message);
  }
}

void FileChecks::check_dcs(const AgentConfig& config) {
  const std::string section = "bootstrap.dcs";
  const ConfigValue& dcs = config.bootstrap.dcs;
  for (const patroni::DynamicFinding& finding : patroni::read_dynamic_settings(dcs).findings)
    tell(section, finding);
  // Without this node's own, which would hide what is shared.
  for (const patroni::DynamicFinding& finding : effective_postgres({}, dcs).findings) tell(section, finding);
  for (const patroni::DynamicFinding& finding :
       node_parameters({}, config.scope, dcs, any_version).findings) {
    tell(section, finding);
  }
}

void FileChecks::check_parameters(const AgentConfig& config) {
  patroni::EffectiveParameters effective =
      patroni::effective_parameters(ConfigValue(), config.postgres.parameters, {}, any_version);
  for (const auto& [role, section] : config.postgres.shared.parameters_of_role) {
    patroni::overlay_parameters(section, "postgresql.parameters_" + role, effective);
  }
  for (const patroni::DynamicFinding& finding : effective.findings) {
    if (finding.kind == patroni::FindingKind::invalid) {
      error_at(finding.key, finding.message);
    } else {
      warn_at(warning_kind(finding.kind), finding.key, finding.message);
    }
  }
}

void FileChecks::check_tags(const NodeTags& tags) {
  const std::vector<std::string_view> known(built_in_tags.begin(), built_in_tags.end() - 1);
  for (const auto& [name, value] : tags.all().items()) {
    const std::string path = "tags." + name;
    const bool built_in = std::find(known.begin(), known.end(), name) != known.end();
    if (!built_in) {
      // nosql is seen in public files where nosync or nostream was meant; it is near to no other name.
      const std::string nearest = name == "nosql" ? "nosync" : nearest_word(name, known);
      if (!nearest.empty()) {
        warn_at(WarningKind::unknown, path,
                fmt::format("a tag of your own, without any effect here (did you mean \"{}\"?)", nearest));
      }
      continue;
    }
    const bool is_switch = name != "failover_priority" && name != "sync_priority" && name != "replicatefrom";
    if (is_switch && value.is_string()) {
      warn_at(WarningKind::doubtful, path,
              fmt::format(
                  "\"{}\" in quotes is text, and every text that is not empty counts as true; write true or "
                  "false without quotes",
                  shortened(value.get<std::string>(), 60)));
    }
    if (!is_switch && name != "replicatefrom" && !value.is_null() && !patroni::parse_whole(value)) {
      warn_at(WarningKind::doubtful, path,
              fmt::format("\"{}\" is no number; taken as 1", shortened(patroni::python_text(value), 60)));
    }
  }
  for (const std::string& sentence : tags.contradictions()) warn_at(WarningKind::doubtful, "tags", sentence);
}

}  // namespace tamada::agent
