// SettingsYaml: settings in force as YAML that loads again, by way of their table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/setting_value.h"
#include "common/config/settings_table.h"

namespace tamada {

class SettingsYaml {
 public:
  // `path` as in the table, with the name for the `*`; opens the sections it needs. What stands in one
  // section is added together. `value` is YAML.
  void add(std::string_view path, const std::string& value);
  std::string take() { return std::move(text_); }

 private:
  std::vector<std::string> open_;
  std::string text_;
};

// What stands for a secret that is set.
inline constexpr std::string_view shown_secret = "\"***\"";

// The setting's value as YAML; empty: nothing is set. A text that begins with { stands as it is: a map.
template <class Scope>
std::string yaml_value(const SettingRow<Scope>& setting, const Scope& scope) {
  const std::vector<std::string> texts = setting.get(scope);
  if (setting.secret) return std::string(texts.empty() ? std::string_view() : shown_secret);
  if (!setting.is_list()) return texts.empty() ? "" : as_yaml(texts.front());
  if (texts.empty()) return "[]";
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ", ";
    out += text.starts_with('{') ? text : as_yaml(text);
  }
  return out + "]";
}

}  // namespace tamada
