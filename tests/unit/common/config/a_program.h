// A small program with settings of every form, for the tests of what any program's settings have.
#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/config/raw_settings.h"
#include "common/config/setting_rows.h"
#include "common/config/settings_table.h"
#include "common/config/take_setting.h"
#include "common/config/yaml_scalar.h"

namespace tamada {

struct Kitchen {
  std::string name = "plain";
  Duration patience = std::chrono::seconds(10);
  bool fast = false;
  std::string key_file;
  std::string password;
  std::vector<std::string> guests;
  std::string order;
  std::map<std::string, std::string> tags;
  std::map<std::string, std::uint32_t> seats;  // of each room
};

struct KitchenScope {
  Kitchen& kitchen;
  std::uint32_t& seats;  // of the room that the path names
};

inline std::vector<SettingFault> take_tags(KitchenScope& scope, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::map) return {{node.place, "expected tags"}};
  std::vector<SettingFault> faults;
  for (const auto& [key, value] : node.entries) {
    auto text = yaml_text(value);
    if (!text) faults.push_back({value.place, key.text + ": " + text.error().message});
    if (text) scope.kitchen.tags[key.text] = (value.quoted ? "text " : "plain ") + *text;
  }
  return faults;
}

inline SettingsTable<KitchenScope> kitchen_settings(bool unknown_is_error = true) {
  using namespace setting_rows;
  std::vector<SettingRow<KitchenScope>> rows;
  rows.push_back(text(
      "name", "text", "its name", [](KitchenScope & s) -> auto& { return s.kitchen.name; }));
  rows.push_back(duration(
      "stove.patience", "how long", [](KitchenScope & s) -> auto& { return s.kitchen.patience; },
      std::chrono::seconds(1)));
  rows.push_back(on_off(
      "stove.fast", "at once", [](KitchenScope & s) -> auto& { return s.kitchen.fast; }));
  rows.push_back(file(text(
      "door.key_file", "file", "the key", [](KitchenScope & s) -> auto& { return s.kitchen.key_file; })));
  rows.push_back(secret(text(
      "door.password", "text", "the word", [](KitchenScope & s) -> auto& { return s.kitchen.password; })));
  const auto as_it_is = [](std::string_view name) -> Result<std::string> { return std::string(name); };
  rows.push_back(list(
      "guests", "names", "who comes", [](KitchenScope & s) -> auto& { return s.kitchen.guests; }, as_it_is,
      [](const std::string& name) { return name; }));
  rows.back().form = SettingForm::list_of_maps;
  rows.back().set_node = [](KitchenScope& s, const YamlNode& map) -> std::vector<SettingFault> {
    if (map.entries.size() != 1) return {{map.place, "expected one name"}};
    s.kitchen.guests.push_back("map " + map.entries[0].key.text);
    return {};
  };
  rows.push_back(text(
      "order", "text", "the courses", [](KitchenScope & s) -> auto& { return s.kitchen.order; }));
  rows.back().form = SettingForm::joined_list;
  rows.push_back({{"tags", "settings", "anything", SettingForm::tree},
                  [](KitchenScope& s, std::string_view words) -> Result<void> {
                    s.kitchen.tags["all"] = std::string(words);
                    return {};
                  },
                  nullptr,
                  [](const KitchenScope&) { return Texts{}; },
                  take_tags});
  rows.push_back(count(
      "rooms.*.seats", "how many", [](KitchenScope & s) -> auto& { return s.seats; }, 1, 100));
  SettingsRules rules;
  rules.prefix = "KITCHEN_";
  rules.other_variables = {{"KITCHEN_PASSWORD", "door.password"}};
  rules.named = {{"rooms", "room", {"front"}, "seats"}};
  rules.example = "name: ...";
  rules.reference = "kitchen(5)";
  rules.unknown_is_error = unknown_is_error;
  return {std::move(rows), std::move(rules)};
}

struct LoadedKitchen {
  Kitchen kitchen;
  RawSettings raw;
  std::vector<ConfigError> errors;
  std::vector<NamedFile> files;

  [[nodiscard]] std::string told() const {
    std::string lines;
    for (const ConfigError& error : errors) lines += (lines.empty() ? "" : "\n") + error.to_string();
    return lines.empty() ? "ok" : lines;
  }
};

// `contents`: the files that there are.
inline LoadedKitchen load_kitchen(std::string_view text, const Environment& environment = {},
                                  const std::map<std::string, std::string>& contents = {},
                                  bool unknown_is_error = true) {
  const SettingsTable<KitchenScope> table = kitchen_settings(unknown_is_error);
  LoadedKitchen loaded;
  const YamlDocument document = parse_yaml(text, "k.yaml", loaded.errors);
  const std::vector<std::string> files{"k.yaml"};
  loaded.raw = collect_settings(document, files, table.layout(), environment, loaded.errors);
  const FileReader read_file = [&](const std::string& path) -> Result<std::string> {
    const auto found = contents.find(path);
    if (found == contents.end()) return fail(ErrorKind::system, "cannot read " + path);
    return found->second;
  };
  const TakingSettings taking{loaded.raw, read_file, loaded.errors, loaded.files};
  std::uint32_t none = 0;
  for (const auto& row : table.rows()) {
    const NamedSections* section = table.layout().section_of(row);
    if (section == nullptr) {
      KitchenScope scope{loaded.kitchen, none};
      (void)take_setting(taking, row, row.path, scope);
      continue;
    }
    for (const std::string& name : loaded.raw.names[section->path]) {
      KitchenScope scope{loaded.kitchen, loaded.kitchen.seats[name]};
      (void)take_setting(taking, row, path_with_name(row, name), scope);
    }
  }
  // What it points into goes with this call.
  for (auto& [path, value] : loaded.raw.values) {
    for (RawItem& item : value.items) item.node = nullptr;
  }
  return loaded;
}

}  // namespace tamada
