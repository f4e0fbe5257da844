// The table of settings of a program: everything that may be set, each with its path, type, meaning, parser
// and printer. `Scope` is what a row reads and writes: the program's struct, and what the row's path speaks
// of.
//
// The file, the environment and the description of what is in force all go by this table; a setting exists if
// and only if it has a row here. Defaults stand in the struct, nowhere else. setting_rows.h has builders of
// rows, one for each kind of value.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/config/settings_layout.h"
#include "common/config/yaml_tree.h"

namespace tamada {

// Something wrong within a map or tree, at its place.
struct SettingFault {
  YamlPlace place;
  std::string message;
};

template <class Scope>
struct SettingRow : SettingShape {
  // Takes the text, or says why not; of a list, each item in turn after clear().
  std::function<Result<void>(Scope&, std::string_view)> set = {};
  std::function<void(Scope&)> clear = {};  // for lists only
  // As a person would write it; of a list, the items. Empty: nothing set.
  std::function<std::vector<std::string>(const Scope&)> get = {};
  // For forms list_of_maps (an item that is a map) and tree (the value, of whatever kind): takes it and
  // answers nothing, or takes nothing and says what is wrong.
  std::function<std::vector<SettingFault>(Scope&, const YamlNode&)> set_node = {};
};

template <class Scope>
class SettingsTable {
 public:
  SettingsTable(std::vector<SettingRow<Scope>> rows, SettingsRules rules)
      : rows_(std::move(rows)), layout_({rows_.begin(), rows_.end()}, std::move(rules)) {}

  [[nodiscard]] std::span<const SettingRow<Scope>> rows() const { return rows_; }
  [[nodiscard]] const SettingsLayout& layout() const { return layout_; }
  // The row with this pattern ("listeners.*.hold"), or null.
  [[nodiscard]] const SettingRow<Scope>* find(std::string_view pattern) const {
    for (const SettingRow<Scope>& row : rows_) {
      if (row.path == pattern) return &row;
    }
    return nullptr;
  }

 private:
  std::vector<SettingRow<Scope>> rows_;
  SettingsLayout layout_;
};

}  // namespace tamada
