// GuardPlace: which guard is meant, and how it is started.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"

namespace tamada::guard {

struct GuardPlace {
  std::string data_directory;   // absolute, without symbolic links; it need not be there yet
  std::string node;             // the agent's name in the cluster
  std::string state_directory;  // absolute, the guard's user writes there; not within the data directory
  // The words that start the guard; the three above are added. Usually the program alone.
  std::vector<std::string> command;

  [[nodiscard]] std::string socket_path() const;

  // The program is found beside the one that runs (a build tree), or in ../libexec/tamada of its folder.
  // Reads links and folders, so it may block: once, at the start. Errors name the path, and what is wrong
  // with it.
  [[nodiscard]] static Result<GuardPlace> find(const std::string& data_directory, const std::string& node,
                                               const std::string& state_directory);
};

// The path that the data directory's processes see as theirs. What is not there yet is seen from its folder,
// which has to be there.
[[nodiscard]] Result<std::string> resolve_data_directory(const std::string& path);

}  // namespace tamada::guard
