// ConfigError: one thing that is wrong with a configuration, with the place where a person can mend it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tamada {

struct ConfigError {
  std::string file;  // the file's name as given; for an environment variable, the variable's name
  int line = 0;      // counted from 1; 0: no line (an environment variable, a file that cannot be read)
  int column = 0;    // counted from 1; 0: no column
  std::string path;  // "listeners.read.max_lag"; empty: the top level, or the file as a whole
  std::string message;

  // "router.yaml:14:12: listeners.read: unknown setting "max_lga" (did you mean "max_lag"?)"
  // One line: control characters and bytes that are not UTF-8 are escaped.
  [[nodiscard]] std::string to_string() const;
  bool operator==(const ConfigError&) const = default;
};

// Every error on a line of its own, then their number and what follows from them:
// format_errors(errors, "nothing was started") ends with "2 errors; nothing was started.". With a newline at
// the end of each line.
std::string format_errors(std::span<const ConfigError> errors, std::string_view consequence);

}  // namespace tamada
