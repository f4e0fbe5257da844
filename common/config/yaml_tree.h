// YamlTree: a YAML text as a plain tree in which every key and value knows its line and column, and whether
// it was quoted. What a scalar without quotes means (a number, a boolean, text) is yaml_scalar.h's.
//
// Made from yaml-cpp's events and not from its nodes, because those keep one of two equal keys silently and
// expand aliases without a bound. Texts past `max_yaml_bytes`, nesting past `max_yaml_depth`, own tags, a
// second document, tabs in the indentation and bytes that are not UTF-8 text are errors; so are aliases and
// quotes over several lines, unless the reader allows them. No exception leaves.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config_error.h"

namespace tamada {

constexpr std::size_t max_yaml_bytes = 1 << 20;
constexpr std::size_t max_yaml_depth = 16;
// What all aliases of a text may add to its tree, in bytes of memory: what a person would write out, not a
// bomb.
constexpr std::size_t max_yaml_alias_bytes = std::size_t{8} << 20;

// Line and column are counted from 1.
struct YamlPlace {
  int line = 0;
  int column = 0;
  std::size_t file = 0;  // which one, in a tree that was merged from several (yaml_merge.h)
};

struct YamlKey {
  std::string text;
  YamlPlace place;
  bool quoted = false;
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
  // Scalar; in quotes, a block of text (| or >), or with the tag !!str: text, whatever it looks like. The
  // tags !!int, !!float, !!bool and !!null make it false; other tags of YAML's own are not looked at.
  bool quoted = false;
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

// What a reader allows beyond the plain YAML that people write by hand. Patroni's files have both.
struct YamlOptions {
  // Anchors (&name), aliases (*name) and merge keys (<<: *name, <<: [*a, *b]). An alias is a copy with the
  // places of what it names; of merged entries the map's own win, then those of the earlier map.
  bool aliases = false;
  // Text in quotes may go on in the next line. False: a quote that is not closed in its line is an error,
  // which finds the forgotten quote where it is.
  bool long_quotes = false;
};

// Errors go to `errors`, without path, and with the file's name. A duplicate key is an error in a whole
// document: the first one counts.
YamlDocument parse_yaml(std::string_view text, std::string_view file_name, std::vector<ConfigError>& errors,
                        const YamlOptions& options = {});

}  // namespace tamada
