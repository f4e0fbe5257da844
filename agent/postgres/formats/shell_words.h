// Commands as people write them in a configuration, cut into words as Python's shlex.split() does, which Patroni
// runs them through: no shell, so neither variables nor pipes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace tamada::agent {

// Blanks separate words; '...' holds everything as it is; "..." too, but a backslash before a double quote or a
// backslash stands for that; outside of quotes a backslash takes the next character as it is. "" and '' are empty
// words. # means nothing. Errors name what is not closed; an empty command is one, too, and so is a zero byte.
[[nodiscard]] Result<std::vector<std::string>> split_command(std::string_view command);

// archive_command and restore_command with %p, %f, %r and %% replaced (manual, "Continuous Archiving"); another
// character behind a % stays with it.
struct ArchiveNames {
  std::string_view path;          // %p
  std::string_view file;          // %f
  std::string_view restart_file;  // %r
};
[[nodiscard]] std::string expand_archive_command(std::string_view command, const ArchiveNames& names);

}  // namespace tamada::agent
