// YamlTree: a YAML text as a plain tree in which every key and value knows its line and column.
//
// Made from yaml-cpp's events and not from its nodes, because those keep one of two equal keys silently and
// expand aliases. Bounded: texts past `max_yaml_bytes`, nesting past `max_yaml_depth`, aliases, own tags, a
// second document, tabs in the indentation and bytes that are not UTF-8 text are errors. No exception leaves.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "router/config/config_error.h"

namespace tamada::router {

constexpr std::size_t max_yaml_bytes = 1 << 20;
constexpr std::size_t max_yaml_depth = 16;

// Counted from 1.
struct YamlPlace {
  int line = 0;
  int column = 0;
};

struct YamlKey {
  std::string text;
  YamlPlace place;
};

struct YamlEntry;

struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  YamlPlace place;
  std::string text;                // scalar
  std::vector<YamlNode> items;     // list
  std::vector<YamlEntry> entries;  // map, in the order of the file, keys unique
};

struct YamlEntry {
  YamlKey key;
  YamlNode value;
};

// The document (kind null for an empty one). Errors go to `errors`, without path, and with the file's name;
// with a duplicate key the tree is whole (the first one counts), otherwise what was read before the error.
YamlNode parse_yaml(std::string_view text, std::string_view file_name, std::vector<ConfigError>& errors);

}  // namespace tamada::router
