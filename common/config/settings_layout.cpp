#include "common/config/settings_layout.h"

#include <algorithm>
#include <utility>

namespace tamada {

SettingsLayout::SettingsLayout(std::vector<SettingShape> rows, SettingsRules rules)
    : rows_(std::move(rows)), rules_(std::move(rules)) {}

const SettingShape* SettingsLayout::find(std::string_view pattern) const {
  for (const SettingShape& row : rows_) {
    if (row.path == pattern) return &row;
  }
  return nullptr;
}

bool SettingsLayout::is_section(std::string_view pattern) const {
  return !names_under(pattern).empty();
}

std::vector<std::string_view> SettingsLayout::names_under(std::string_view section) const {
  std::vector<std::string_view> names;
  const std::string prefix = section.empty() ? "" : std::string(section) + ".";
  for (const SettingShape& row : rows_) {
    if (!row.path.starts_with(prefix)) continue;
    const auto rest = std::string_view(row.path).substr(prefix.size());
    const auto name = rest.substr(0, rest.find('.'));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

const NamedSections* SettingsLayout::named(std::string_view path) const {
  for (const NamedSections& section : rules_.named) {
    if (section.path == path) return &section;
  }
  return nullptr;
}

std::string SettingsLayout::pattern_of(std::string_view path) const {
  for (const NamedSections& section : rules_.named) {
    const std::string begin = section.path + ".";
    if (!path.starts_with(begin)) continue;
    const auto dot = path.find('.', begin.size());
    return begin + "*" + (dot == std::string_view::npos ? "" : std::string(path.substr(dot)));
  }
  return std::string(path);
}

const NamedSections* SettingsLayout::section_of(const SettingShape& row) const {
  for (const NamedSections& section : rules_.named) {
    if (row.path.starts_with(section.path + ".*")) return &section;
  }
  return nullptr;
}

std::string SettingsLayout::variable_name(std::string_view path) const {
  std::string name = rules_.prefix;
  for (const char c : path) {
    name += c == '.' || c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return name;
}

std::string path_with_name(const SettingShape& row, std::string_view name) {
  std::string path = row.path;
  if (const auto star = path.find('*'); star != std::string::npos) path.replace(star, 1, name);
  return path;
}

}  // namespace tamada
