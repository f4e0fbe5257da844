// VariableCollector: what the environment says, into the settings that the file has given already. Inner part
// of raw_settings.cpp, which includes nothing else of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/raw_settings.h"

namespace tamada {

// Can a person name a section so? Letters, digits, - and _, at most 40 of them.
bool is_section_name(std::string_view name);

class VariableCollector {
 public:
  // All of them must outlive it.
  VariableCollector(RawSettings& raw, const SettingsLayout& layout, std::vector<ConfigError>& errors)
      : raw_(raw), layout_(layout), errors_(errors) {}

  // After the file: sections that it does not name get the names that they have without a file.
  void add(const Environment& environment);

 private:
  [[nodiscard]] std::string new_name(const NamedSections& section, std::string_view variable) const;
  void add_variable(const std::string& name, std::string_view text);
  void overrule_switch(const std::string& path);
  [[nodiscard]] std::vector<std::string> known_paths() const;
  [[nodiscard]] std::string path_of(const std::string& variable) const;
  void unknown_variable(const std::string& name);

  RawSettings& raw_;
  const SettingsLayout& layout_;
  std::vector<ConfigError>& errors_;
};

}  // namespace tamada
