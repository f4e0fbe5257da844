// GuardFiles: the data directory's lock and the socket that agents find the guard by.
#pragma once

#include <array>
#include <climits>

#include "common/base/unique_fd.h"

namespace tamada::guard {

struct GuardFiles {
  enum class Opened { done, in_use, failed };

  // `words` tells what is wrong, for people.
  [[nodiscard]] Opened open(const char* data_directory, const char* node, const char* state_directory);
  void name_socket(const char* data_directory, const char* node, const char* state_directory);
  void remove_socket() const;

  UniqueFd lock;
  UniqueFd listener;
  std::array<char, PATH_MAX> socket_path{};
  std::array<char, 2 * PATH_MAX> words{};
};

}  // namespace tamada::guard
