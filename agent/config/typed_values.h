// From a node of the YAML tree to a value of the agent's settings, as Patroni takes it: YAML 1.1's types, and
// most of them also as text in quotes.
//
// Each answers with an Error for the end of "file:line:column: path: ", or with the value; what is taken, but
// not as it was written, or as Patroni would not take it, is told in `notes`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/program_options.h"
#include "common/base/address.h"
#include "common/base/result.h"
#include "common/config/settings_table.h"
#include "common/config/yaml_tree.h"

namespace tamada::agent {

using SettingNotes = std::vector<SettingFault>;

// Any scalar as it was written, in one line.
[[nodiscard]] Result<std::string> read_text(const YamlNode& node);
// The same, and line ends are allowed: a command, a password.
[[nodiscard]] Result<std::string> read_long_text(const YamlNode& node);
// What is no name, so that a number or a switch without quotes is a mistake, and nothing that Patroni could use: a path, a
// host, a command. `what`: "a path". An Error where it is one.
[[nodiscard]] Result<void> refuse_other_types(const YamlNode& node, std::string_view what);
[[nodiscard]] Result<bool> read_switch(const YamlNode& node, SettingNotes& notes);
[[nodiscard]] Result<std::int64_t> read_whole(const YamlNode& node, std::int64_t least, std::int64_t most,
                                              patroni::BaseUnit unit = patroni::BaseUnit::none);

// A list of texts, or one text that is split at each of `separators`.
[[nodiscard]] Result<std::vector<std::string>> read_texts(const YamlNode& node, std::string_view separators);
// name -> text, in order.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> read_text_map(const YamlNode& node);
// A list of names and of {name: value}, or one map of them.
[[nodiscard]] Result<std::vector<ProgramOption>> read_options(const YamlNode& node);
// One of the words; `off` is also the boolean that YAML makes of it.
[[nodiscard]] Result<std::string> read_word(const YamlNode& node, const std::vector<std::string_view>& words);
[[nodiscard]] Result<HostPort> read_address(const YamlNode& node, std::uint16_t default_port);
// "10.0.0.1,10.0.0.2:5432", "*:5432": PostgreSQL's listen_addresses and its port.
[[nodiscard]] Result<std::pair<std::string, std::uint16_t>> read_postgres_listen(const YamlNode& node);

// Whatever stands there, with its types: text in quotes stays text, `on` is a boolean, `0755` is 493. An
// Error says where, since it may be deep within (`at`).
[[nodiscard]] Result<ConfigValue> read_tree(const YamlNode& node, YamlPlace& at);
// A map of values.
[[nodiscard]] Result<ConfigValue> read_map(const YamlNode& node, YamlPlace& at);

// The other way round, without places: for what comes as JSON and is read by the same rows.
[[nodiscard]] YamlNode node_of(const ConfigValue& value);

}  // namespace tamada::agent
