#include "common/config/variable_collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/spelling.h"
#include "common/config/setting_value.h"

namespace tamada {

namespace {

// Kubernetes and Docker set such variables for every service near by: TAMADA_ROUTER_SERVICE_HOST=10.0.0.1,
// TAMADA_ROUTER_PORT=tcp://10.0.0.1:5000, TAMADA_ROUTER_PORT_5000_TCP_ADDR=... Nobody meant us by them.
bool is_service_link(std::string_view name, std::string_view value) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (name.ends_with("_SERVICE_HOST") || has("_SERVICE_PORT")) return true;
  if (has("_PORT_") && (has("_TCP") || has("_UDP"))) return true;
  return name.ends_with("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://"));
}

}  // namespace

bool is_section_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), good);
}

void VariableCollector::add(const Environment& environment) {
  const std::string& prefix = layout_.rules().prefix;
  const auto is_ours = [&](const std::string& name, std::string_view value) {
    return name.starts_with(prefix) && !trimmed(value).empty();
  };
  for (const NamedSections& section : layout_.rules().named) {
    std::vector<std::string>& names = raw_.names[section.path];
    if (names.empty()) names = section.unless_named;
    for (const auto& [name, value] : environment) {
      if (!is_ours(name, value)) continue;
      std::string made = new_name(section, name);
      if (!made.empty()) names.push_back(std::move(made));
    }
  }
  for (const auto& [name, value] : environment) {
    if (is_ours(name, value)) add_variable(name, trimmed(value));
  }
}

// The name that PREFIX_LISTENERS_name_BIND makes, if there is none of that name; else empty.
std::string VariableCollector::new_name(const NamedSections& section, std::string_view variable) const {
  if (section.made_by.empty()) return {};
  const std::string begin = layout_.variable_name(section.path) + "_";
  const std::string end = layout_.variable_name("_" + section.made_by).substr(layout_.rules().prefix.size());
  if (!variable.starts_with(begin) || !variable.ends_with(end) ||
      variable.size() <= begin.size() + end.size()) {
    return {};
  }
  std::string name(variable.substr(begin.size(), variable.size() - begin.size() - end.size()));
  for (const std::string& known : raw_.names.find(section.path)->second) {
    if (layout_.variable_name(section.path + "." + known + "." + section.made_by) == variable) return {};
  }
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return is_section_name(name) ? name : "";
}

void VariableCollector::add_variable(const std::string& name, std::string_view text) {
  const std::string path = path_of(name);
  if (path.empty()) {
    if (!is_service_link(name, text)) unknown_variable(name);
    return;
  }
  const auto same = raw_.values.find(path);
  if (same != raw_.values.end() && same->second.from_environment) {
    errors_.push_back(
        {name, 0, 0, path, fmt::format("also set by {}; use one of them", same->second.place.file)});
    return;
  }
  RawValue value{{}, {name, 0, 0}, true};
  if (layout_.find(layout_.pattern_of(path))->is_list()) {
    for (std::string& part : split_list(text)) value.items.push_back({std::move(part), value.place});
  } else {
    value.items.push_back({std::string(text), value.place});
  }
  raw_.values[path] = std::move(value);
  overrule_switch(path);
}

// `stats: off` in the file and TAMADA_STATS_BIND: the environment wins.
void VariableCollector::overrule_switch(const std::string& path) {
  const auto above = raw_.values.find(path.substr(0, path.rfind('.')));
  if (above != raw_.values.end() && above->first != path && !above->second.from_environment)
    raw_.values.erase(above);
}

std::vector<std::string> VariableCollector::known_paths() const {
  std::vector<std::string> paths;
  for (const SettingShape& row : layout_.rows()) {
    const NamedSections* section = layout_.section_of(row);
    if (section == nullptr) {
      paths.push_back(row.path);
      continue;
    }
    for (const std::string& name : raw_.names.find(section->path)->second) {
      paths.push_back(path_with_name(row, name));
    }
  }
  return paths;
}

std::string VariableCollector::path_of(const std::string& variable) const {
  const auto& others = layout_.rules().other_variables;
  if (const auto other = others.find(variable); other != others.end()) return other->second;
  for (const std::string& path : known_paths()) {
    if (layout_.variable_name(path) == variable) return path;
  }
  return {};
}

void VariableCollector::unknown_variable(const std::string& name) {
  raw_.unclear.insert("");
  std::vector<std::string> names;
  for (const auto& [variable, path] : layout_.rules().other_variables) names.push_back(variable);
  for (const std::string& path : known_paths()) names.push_back(layout_.variable_name(path));
  // Compared without the part that all have in common, which would make anything look near.
  const std::string& prefix = layout_.rules().prefix;
  std::vector<std::string_view> known;
  for (const std::string& each : names) known.push_back(std::string_view(each).substr(prefix.size()));
  const std::string nearest = nearest_word(std::string_view(name).substr(prefix.size()), known);
  constexpr std::size_t enough = 60;
  auto& told = layout_.rules().unknown_is_error ? errors_ : raw_.notes;
  told.push_back({name.size() <= enough ? name : name.substr(0, enough) + "...", 0, 0, "",
                  nearest.empty()
                      ? fmt::format("unknown variable; {} names all of them", layout_.rules().reference)
                      : fmt::format("unknown variable (did you mean \"{}{}\"?)", prefix, nearest)});
}

}  // namespace tamada
