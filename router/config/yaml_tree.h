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
  bool complete = true;            // map; false: the text stopped being YAML before its end
};

struct YamlEntry {
  YamlKey key;
  YamlNode value;
};

struct YamlDocument {
  YamlNode root;  // kind null for an empty document
  // False: the text is not YAML from some place on. The settings before it are there, but for those that were
  // not complete; whether one that is missing was meant to be there cannot be known.
  bool whole = true;
};

// Errors go to `errors`, without path, and with the file's name. A duplicate key is an error in a whole
// document: the first one counts.
YamlDocument parse_yaml(std::string_view text, std::string_view file_name, std::vector<ConfigError>& errors);

}  // namespace tamada::router
