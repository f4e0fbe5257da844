// SettingsLayout: which settings a program has, how they are written in its file and what their variables are
// called. Everything about the table of settings but the struct that it fills (settings_table.h).
//
// A path is "checks.interval". In a row's path a `*` stands for names that the person who writes the file
// chooses: "listeners.*.max_lag" is a setting of each listener. A row's path with the `*` in it is a pattern.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tamada {

// How a setting is written.
enum class SettingForm : std::uint8_t {
  value,         // one text
  list,          // a list of texts, or one text with commas or line ends between them
  joined_list,   // the same, but the setting takes it as one text, with commas
  list_of_maps,  // a list, whose items may be maps, too
  tree,          // whatever YAML stands there, as it is; a variable's text is one text
};

// What is known of a setting without its value.
struct SettingShape {
  std::string path;
  std::string type;     // for people: "duration", "list of host:port"
  std::string meaning;  // one line for the documentation
  SettingForm form = SettingForm::value;
  bool secret = false;   // never shown
  bool is_file = false;  // names a file that must be readable

  [[nodiscard]] bool is_list() const {
    return form == SettingForm::list || form == SettingForm::list_of_maps;
  }
};

// A section whose children are named by the person who writes the file.
struct NamedSections {
  std::string path;                       // "listeners": the rows are under "listeners.*"
  std::string noun;                       // "listener"
  std::vector<std::string> unless_named;  // those that there are where the file names none
  // The setting whose variable makes one that the file does not name ("bind": PREFIX_LISTENERS_x_BIND);
  // empty: no variable does.
  std::string made_by;
};

// What programs differ in, besides their rows.
struct SettingsRules {
  std::string prefix;  // "TAMADA_": only such variables are looked at
  // Further names, with the prefix, of settings that have a row: "TAMADA_NODES" -> "cluster.nodes".
  std::map<std::string, std::string> other_variables;
  std::vector<NamedSections> named;
  std::string example;    // of a setting, for whoever wrote none: "cluster: ..."
  std::string reference;  // where the variables are documented, for people
  // False: a setting or variable that has no row is a note, since other programs read the same file.
  bool unknown_is_error = true;
};

class SettingsLayout {
 public:
  SettingsLayout(std::vector<SettingShape> rows, SettingsRules rules);

  // In the order of the documentation; what another row's reader needs stands before it.
  [[nodiscard]] const std::vector<SettingShape>& rows() const { return rows_; }
  [[nodiscard]] const SettingsRules& rules() const { return rules_; }

  // The row with this pattern ("listeners.*.hold"), or null.
  [[nodiscard]] const SettingShape* find(std::string_view pattern) const;
  // Does any row stand under it? "checks", "listeners.*"
  [[nodiscard]] bool is_section(std::string_view pattern) const;
  // The names directly under a section: "checks" -> interval, fast_interval, ...
  [[nodiscard]] std::vector<std::string_view> names_under(std::string_view section) const;
  // The section of this path, if a person names what is under it, or null.
  [[nodiscard]] const NamedSections* named(std::string_view path) const;

  // "listeners.read.hold" -> "listeners.*.hold"; other paths as they are.
  [[nodiscard]] std::string pattern_of(std::string_view path) const;
  // The section that a row with a `*` belongs to, or null.
  [[nodiscard]] const NamedSections* section_of(const SettingShape& row) const;

  // "listeners.*.max_lag" -> "TAMADA_LISTENERS_*_MAX_LAG"; "listeners.read.max_lag" likewise.
  [[nodiscard]] std::string variable_name(std::string_view path) const;

 private:
  std::vector<SettingShape> rows_;
  SettingsRules rules_;
};

// The row's path with `name` for the `*`.
std::string path_with_name(const SettingShape& row, std::string_view name);

}  // namespace tamada
