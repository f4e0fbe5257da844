// Builders of the agent's rows, one for each kind of value. Only the settings*.cpp files include this.
//
// `field` takes an AgentConfig& and gives a reference to the value. A key without a value is one that was not
// written, as for Patroni.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/settings.h"

namespace tamada::agent::rows {

using Texts = std::vector<std::string>;

template <class Field, class Read, class Show>
Setting value(std::string path, std::string type, std::string meaning, Field field, Read read, Show show) {
  Setting row;
  row.path = std::move(path);
  row.type = std::move(type);
  row.meaning = std::move(meaning);
  row.form = SettingForm::tree;
  row.get = [field, show](const SettingScope& scope) { return Texts{show(field(scope.config))}; };
  row.set_node = [field, read](SettingScope& scope, const YamlNode& node) -> std::vector<SettingFault> {
    if (node.kind == YamlNode::Kind::null) return {};
    auto taken = read(node, scope.notes);
    if (!taken) return {{node.place, taken.error().message}};
    field(scope.config) = *std::move(taken);
    return {};
  };
  return row;
}

template <class Field>
Setting text(std::string path, std::string meaning, Field field) {
  return value(
      std::move(path), "text", std::move(meaning), field,
      [](const YamlNode& node, SettingNotes&) { return read_text(node); },
      [](const std::string& text) { return text; });
}

// Text that is no name: `what` it is, "a path".
template <class Field>
Setting only_text(std::string path, const std::string& what, std::string meaning, Field field) {
  return value(
      std::move(path), "text", std::move(meaning), field,
      [what](const YamlNode& node, SettingNotes&) -> Result<std::string> {
        if (const auto other = refuse_other_types(node, what); !other)
          return tl::make_unexpected(other.error());
        return read_text(node);
      },
      [](const std::string& text) { return text; });
}

template <class Field>
Setting command(std::string path, std::string meaning, Field field) {
  return value(
      std::move(path), "command", std::move(meaning), field,
      [](const YamlNode& node, SettingNotes&) -> Result<std::string> {
        if (const auto other = refuse_other_types(node, "a command"); !other)
          return tl::make_unexpected(other.error());
        return read_long_text(node);
      },
      [](const std::string& text) { return text; });
}

template <class Field>
Setting long_text(std::string path, std::string type, std::string meaning, Field field) {
  return value(
      std::move(path), std::move(type), std::move(meaning), field,
      [](const YamlNode& node, SettingNotes&) { return read_long_text(node); },
      [](const std::string& text) { return text; });
}

template <class Field>
Setting secret(std::string path, std::string meaning, Field field) {
  Setting row = long_text(std::move(path), "text", std::move(meaning), field);
  row.secret = true;
  return row;
}

template <class Field>
Setting file(std::string path, std::string meaning, Field field) {
  Setting row = only_text(std::move(path), "a path", std::move(meaning), field);
  row.type = "file";
  row.is_file = true;
  return row;
}

template <class Field>
Setting on_off(std::string path, std::string meaning, Field field) {
  return value(
      std::move(path), "true or false", std::move(meaning), field,
      [](const YamlNode& node, SettingNotes& notes) { return read_switch(node, notes); },
      [](bool on) { return on ? "true" : "false"; });
}

template <class Number, class Field>
Setting number(std::string path, std::string meaning, Field field, Number least,
               Number most = std::numeric_limits<Number>::max()) {
  return value(
      std::move(path), "number", std::move(meaning), field,
      [=](const YamlNode& node, SettingNotes&) -> Result<Number> {
        const auto number =
            read_whole(node, static_cast<std::int64_t>(least), static_cast<std::int64_t>(most));
        if (!number) return tl::make_unexpected(number.error());
        return static_cast<Number>(*number);
      },
      [](const auto& number) { return fmt::format("{}", number); });
}

template <class Field>
Setting texts(std::string path, std::string type, std::string meaning, Field field,
              const std::string& separators) {
  return value(
      std::move(path), "list of " + std::move(type), std::move(meaning), field,
      [separators](const YamlNode& node, SettingNotes&) { return read_texts(node, separators); },
      [](const Texts& list) { return fmt::format("{}", fmt::join(list, ", ")); });
}

template <class Field>
Setting options(std::string path, std::string meaning, Field field) {
  return value(
      std::move(path), "list of options", std::move(meaning), field,
      [](const YamlNode& node, SettingNotes&) { return read_options(node); },
      [](const std::vector<ProgramOption>& list) {
        std::string shown;
        for (const ProgramOption& option : list) {
          if (!shown.empty()) shown += ", ";
          shown += option.value ? option.name + "=" + *option.value : option.name;
        }
        return shown;
      });
}

// One of fixed words, each with its value.
template <class Field, class Value>
Setting word(std::string path, std::string meaning, Field field,
             std::vector<std::pair<std::string_view, Value>> words) {
  std::vector<std::string_view> names;
  names.reserve(words.size());
  for (const auto& [name, meant] : words) names.push_back(name);
  return value(
      std::move(path), fmt::format("{}", fmt::join(names, ", ")), std::move(meaning), field,
      [words, names](const YamlNode& node, SettingNotes&) -> Result<Value> {
        const auto chosen = read_word(node, names);
        if (!chosen) return tl::make_unexpected(chosen.error());
        for (const auto& [name, meant] : words) {
          if (name == *chosen) return meant;
        }
        return fail(ErrorKind::invalid, "no such word");
      },
      [words](const Value& chosen) {
        for (const auto& [name, meant] : words) {
          if (meant == chosen) return std::string(name);
        }
        return std::string();
      });
}

// A map of values that keep their types; errors name the place within.
template <class Field>
Setting map(std::string path, std::string type, std::string meaning, Field field) {
  Setting row = value(
      std::move(path), std::move(type), std::move(meaning), field,
      [](const YamlNode&, SettingNotes&) -> Result<ConfigValue> { return ConfigValue(); },
      [](const ConfigValue& tree) { return tree.empty() ? std::string() : tree.dump(); });
  row.set_node = [field](SettingScope& scope, const YamlNode& node) -> std::vector<SettingFault> {
    if (node.kind == YamlNode::Kind::null) return {};
    YamlPlace at;
    auto tree = read_map(node, at);
    if (!tree) return {{at, tree.error().message}};
    field(scope.config) = *std::move(tree);
    return {};
  };
  return row;
}

// A map of texts.
template <class Field>
Setting text_map(std::string path, std::string type, std::string meaning, Field field) {
  return value(
      std::move(path), std::move(type), std::move(meaning), field,
      [](const YamlNode& node, SettingNotes&) -> Result<std::map<std::string, std::string>> {
        auto pairs = read_text_map(node);
        if (!pairs) return tl::make_unexpected(pairs.error());
        return std::map<std::string, std::string>(pairs->begin(), pairs->end());
      },
      [](const auto& map) {
        std::string shown;
        for (const auto& [name, text] : map) shown += (shown.empty() ? "" : ", ") + name + ": " + text;
        return shown;
      });
}

// A setting of Patroni's that has no meaning here; taken and not looked at.
inline Setting ignored(std::string path, std::string meaning) {
  Setting row;
  row.path = std::move(path);
  row.type = "anything";
  row.meaning = std::move(meaning);
  row.form = SettingForm::tree;
  row.get = [](const SettingScope&) { return Texts{std::string()}; };
  row.set_node = [](SettingScope&, const YamlNode&) { return std::vector<SettingFault>{}; };
  return row;
}

// In the order of the documentation.
void add_process_settings(std::vector<Setting>& rows);
void add_api_settings(std::vector<Setting>& rows);
void add_etcd_settings(std::vector<Setting>& rows);
void add_bootstrap_settings(std::vector<Setting>& rows);
void add_postgres_settings(std::vector<Setting>& rows);

}  // namespace tamada::agent::rows
