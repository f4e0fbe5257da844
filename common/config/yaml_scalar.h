// YamlScalar: what a scalar of a YAML text means: text, or a number, a boolean, null.
//
// As PyYAML's SafeLoader (6.0) reads YAML 1.1 (https://yaml.org/type/), because Patroni and everything around
// it write their files for it: `on` is a boolean, `010` eight, `1:30` ninety, `1e3` text. Different is only
// this: a date is text (PyYAML makes an object of it that Patroni cannot use), and a number that PyYAML could
// hold, or would end its reading with, is a number without a value here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/config/yaml_tree.h"

namespace tamada {

struct YamlScalar {
  enum class Kind { null, boolean, integer, real, text };
  Kind kind = Kind::text;
  bool boolean = false;
  // Of kind integer; none: it does not fit into 64 bits, or has no digits (`0b_`).
  std::optional<std::int64_t> integer;
  // Of kind real; none: beyond what a double holds.
  std::optional<double> real;
};

// Of a scalar without quotes and tag.
YamlScalar resolve_plain(std::string_view text);

// Of a node of kind scalar or null, whose quotes make it text.
YamlScalar scalar_of(const YamlNode& node);

// The value, if the node holds one of this kind; else an error for the end of "file:line:column: path: " that
// quotes what was found, tells of quotes that make text of it, and says what was expected. A whole number is
// taken as a real one, too.
Result<bool> yaml_boolean(const YamlNode& node);
Result<std::int64_t> yaml_integer(const YamlNode& node);
Result<double> yaml_real(const YamlNode& node);
// Any scalar but null, as it was written: people write version numbers and passwords without quotes.
Result<std::string> yaml_text(const YamlNode& node);

}  // namespace tamada
