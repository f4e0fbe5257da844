#include "agent/config/typed_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.h"
#include "common/config/setting_value.h"
#include "common/config/yaml_scalar.h"

namespace tamada::agent {

namespace {

using Kind = YamlNode::Kind;

tl::unexpected<Error> wrong(const YamlNode& node, std::string_view expected) {
  const std::string found = node.kind == Kind::list  ? "a list"
                            : node.kind == Kind::map ? "settings"
                                                     : fmt::format("\"{}\"", shortened(node.text, 60));
  return fail(ErrorKind::invalid, fmt::format("found {}; expected {}", found, expected));
}

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find_first_of(separators);
    const std::string_view part = trimmed(text.substr(0, end));
    if (!part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

// The text of a scalar within a list or a map, where null is an empty one.
Result<std::string> inner_text(const YamlNode& node) {
  if (node.kind == Kind::null) return std::string();
  if (node.kind != Kind::scalar) return wrong(node, "text");
  return node.text;
}

// Texts as Python would hand them to a program: booleans and numbers by their value.
Result<std::string> value_text(const YamlNode& node) {
  YamlPlace at;
  auto value = read_tree(node, at);
  if (!value) return tl::make_unexpected(value.error());
  return patroni::python_text(*value);
}

}  // namespace

Result<std::string> read_long_text(const YamlNode& node) {
  auto text = yaml_text(node);
  if (text && text->size() > 65536) return fail(ErrorKind::too_large, "longer than 65536 bytes");
  return text;
}

Result<std::string> read_text(const YamlNode& node) {
  auto text = yaml_text(node);
  if (!text) return text;
  if (const auto why = refused_text(*text); !why.empty()) return fail(ErrorKind::invalid, std::string(why));
  return text;
}

Result<void> refuse_other_types(const YamlNode& node, std::string_view what) {
  if (node.kind != Kind::scalar || node.quoted) return {};
  switch (scalar_of(node).kind) {
    case YamlScalar::Kind::boolean:
      return fail(ErrorKind::invalid,
                  fmt::format("found the switch {}; expected {}", shortened(node.text, 60), what));
    case YamlScalar::Kind::integer:
    case YamlScalar::Kind::real:
      return fail(ErrorKind::invalid,
                  fmt::format("found the number {}; expected {}", shortened(node.text, 60), what));
    case YamlScalar::Kind::null:
    case YamlScalar::Kind::text:
      break;
  }
  return {};
}

Result<bool> read_switch(const YamlNode& node, SettingNotes& notes) {
  if (node.kind != Kind::scalar) return wrong(node, "true or false");
  if (!node.quoted && scalar_of(node).kind == YamlScalar::Kind::boolean) return scalar_of(node).boolean;
  const auto meant = patroni::parse_switch(ConfigValue(node.text));
  if (!meant) return wrong(node, "true or false");
  if (!*meant && node.quoted) {
    notes.push_back(
        {node.place, fmt::format("\"{}\" in quotes is text, which Patroni takes for true; taken as false, "
                                 "write it without quotes",
                                 node.text)});
  }
  return *meant;
}

Result<std::int64_t> read_whole(const YamlNode& node, std::int64_t least, std::int64_t most,
                                patroni::BaseUnit unit) {
  const std::string expected = fmt::format("a whole number from {} to {}", least, most);
  YamlPlace at;
  const auto value = read_tree(node, at);
  if (!value) return wrong(node, expected);
  const auto number = patroni::parse_whole(*value, unit);
  if (!number || *number < least || *number > most) return wrong(node, expected);
  return *number;
}

Result<std::vector<std::string>> read_texts(const YamlNode& node, std::string_view separators) {
  if (node.kind == Kind::scalar) return split(node.text, separators);
  if (node.kind != Kind::list) return wrong(node, "a list");
  std::vector<std::string> texts;
  for (const YamlNode& item : node.items) {
    if (item.kind == Kind::null) continue;
    auto text = inner_text(item);
    if (!text) return tl::make_unexpected(text.error());
    texts.push_back(*std::move(text));
  }
  return texts;
}

Result<std::vector<std::pair<std::string, std::string>>> read_text_map(const YamlNode& node) {
  if (node.kind != Kind::map) return wrong(node, "names with values, one a line: name: value");
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [key, value] : node.entries) {
    if (value.kind == Kind::null) continue;
    auto text =
        value.kind == Kind::scalar && !value.quoted && scalar_of(value).kind == YamlScalar::Kind::boolean
            ? value_text(value)
            : inner_text(value);
    if (!text)
      return fail(text.error().kind, fmt::format("{}: {}", shortened(key.text, 60), text.error().message));
    texts.emplace_back(key.text, *std::move(text));
  }
  return texts;
}

Result<std::vector<ProgramOption>> read_options(const YamlNode& node) {
  std::vector<ProgramOption> options;
  const auto add = [&](const YamlNode& map) -> Result<void> {
    for (const auto& [key, value] : map.entries) {
      if (value.kind == Kind::null) {
        options.push_back({key.text, std::nullopt});
        continue;
      }
      auto text = value.quoted ? inner_text(value) : value_text(value);
      if (!text || value.kind == Kind::list || value.kind == Kind::map) return wrong(value, "one value");
      options.push_back({key.text, *std::move(text)});
    }
    return {};
  };
  if (node.kind == Kind::map) {
    if (auto added = add(node); !added) return tl::make_unexpected(added.error());
    return options;
  }
  if (node.kind != Kind::list) return wrong(node, "a list of options: - name or - name: value");
  for (const YamlNode& item : node.items) {
    if (item.kind == Kind::scalar) {
      options.push_back({item.text, std::nullopt});
    } else if (item.kind == Kind::map) {
      if (auto added = add(item); !added) return tl::make_unexpected(added.error());
    } else {
      return wrong(item, "an option: - name or - name: value");
    }
  }
  return options;
}

Result<std::string> read_word(const YamlNode& node, const std::vector<std::string_view>& words) {
  if (node.kind != Kind::scalar) return wrong(node, listed(words));
  std::string text = node.text;
  const bool is_off =
      !node.quoted && scalar_of(node).kind == YamlScalar::Kind::boolean && !scalar_of(node).boolean;
  if (is_off) text = "off";
  if (std::find(words.begin(), words.end(), text) == words.end()) {
    return tl::make_unexpected(unknown_word(shortened(text, 60), words));
  }
  return text;
}

Result<HostPort> read_address(const YamlNode& node, std::uint16_t default_port) {
  if (const auto other = refuse_other_types(node, "host:port"); !other)
    return tl::make_unexpected(other.error());
  const auto text = read_text(node);
  if (!text) return tl::make_unexpected(text.error());
  return HostPort::parse(trimmed(*text), default_port);
}

Result<std::pair<std::string, std::uint16_t>> read_postgres_listen(const YamlNode& node) {
  const std::string expected = "an address and a port, such as 10.0.0.1:5432 or *:5432";
  if (const auto other = refuse_other_types(node, expected); !other)
    return tl::make_unexpected(other.error());
  const auto text = read_text(node);
  if (!text) return tl::make_unexpected(text.error());
  const std::vector<std::string> parts = split(*text, ",");
  if (parts.empty()) return wrong(node, expected);
  std::string addresses;
  std::uint16_t port = 5432;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool any = parts[i] == "*" || parts[i].starts_with("*:");
    const auto parsed = HostPort::parse(parts[i], 5432);
    if (!parsed) return tl::make_unexpected(parsed.error());
    if (i + 1 == parts.size()) {
      port = parsed->port;
    } else if (parsed->port != 5432 || parts[i].ends_with(":5432")) {
      return fail(
          ErrorKind::invalid,
          fmt::format("\"{}\": only the last of several addresses may have a port, which is everybody's",
                      parts[i]));
    }
    if (!addresses.empty()) addresses += ',';
    addresses += any ? "*" : parsed->host;
  }
  return std::pair(addresses, port);
}

Result<ConfigValue> read_tree(const YamlNode& node, YamlPlace& at) {  // NOLINT(misc-no-recursion)
  at = node.place;
  switch (node.kind) {
    case Kind::null:
      return ConfigValue();
    case Kind::list: {
      ConfigValue list = ConfigValue::array();
      for (const YamlNode& item : node.items) {
        auto value = read_tree(item, at);
        if (!value) return value;
        list.push_back(*std::move(value));
      }
      return list;
    }
    case Kind::map:
      return read_map(node, at);
    case Kind::scalar:
      break;
  }
  const YamlScalar scalar = scalar_of(node);
  switch (scalar.kind) {
    case YamlScalar::Kind::null:
      return ConfigValue();
    case YamlScalar::Kind::boolean:
      return ConfigValue(scalar.boolean);
    case YamlScalar::Kind::integer:
      if (scalar.integer) return ConfigValue(*scalar.integer);
      return wrong(node, "a number of at most 64 bits, or text in quotes");
    case YamlScalar::Kind::real:
      if (scalar.real) return ConfigValue(*scalar.real);
      return wrong(node, "a number, or text in quotes");
    case YamlScalar::Kind::text:
      break;
  }
  return ConfigValue(node.text);
}

Result<ConfigValue> read_map(const YamlNode& node, YamlPlace& at) {  // NOLINT(misc-no-recursion)
  at = node.place;
  if (node.kind != Kind::map) return wrong(node, "settings, one a line: name: value");
  // Each key of such a map is looked for one by one.
  constexpr std::size_t most = 10'000;
  if (node.entries.size() > most)
    return fail(ErrorKind::too_large, fmt::format("more than {} settings", most));
  ConfigValue map = ConfigValue::object();
  for (const auto& [key, item] : node.entries) {
    auto value = read_tree(item, at);
    if (!value)
      return fail(value.error().kind, fmt::format("{}: {}", shortened(key.text, 60), value.error().message));
    map.emplace(key.text, *std::move(value));
  }
  return map;
}

YamlNode node_of(const ConfigValue& value) {  // NOLINT(misc-no-recursion)
  YamlNode node;
  if (value.is_array()) {
    node.kind = Kind::list;
    for (const ConfigValue& item : value) node.items.push_back(node_of(item));
  } else if (value.is_object()) {
    node.kind = Kind::map;
    for (const auto& [key, item] : value.items()) node.entries.push_back({{key, {}, true}, node_of(item)});
  } else if (!value.is_null()) {
    node.kind = Kind::scalar;
    node.quoted = value.is_string();
    node.text = value.is_boolean() ? (value.get<bool>() ? "true" : "false") : patroni::python_text(value);
  }
  return node;
}

}  // namespace tamada::agent
