// The names of a guard's files within the folder of state, which lies outside of the data directory: base
// backup and rewind copy what lies inside, and initdb wants it empty.
//
// The lock is the data directory's alone: two agents of different names must not have it at once. The socket
// is also the node's: an agent finds its own guard and no other's.
#pragma once

#include <array>
#include <string_view>

namespace tamada::guard {

// Text with its NUL byte.
using FileName = std::array<char, 64>;

// "guard-0123456789abcdef.lock"
[[nodiscard]] FileName lock_file_name(std::string_view data_directory);
// "guard-0123456789abcdef-0123456789abcdef.sock"
[[nodiscard]] FileName socket_file_name(std::string_view data_directory, std::string_view node);

// The variable-like name under which the guard inherits a pipe to tell how its start went, and what it writes
// there: one byte, and for all but `ready` a sentence without a newline.
inline constexpr const char* start_report_name = "tamada-guard-start";
enum class StartReport : char {
  ready = 'r',
  in_use = 'u',  // another guard has the data directory
  failed = 'f',
};

}  // namespace tamada::guard
