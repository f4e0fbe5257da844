// What pg_rewind said when it failed, as a value. LC_ALL=C; the program has no exit codes to tell its failures
// apart, so that its words are all there is. What they do not tell is RewindFailure::other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/postgres/formats/rewind_ladder.h"

namespace tamada::agent {

struct RewindOutput {
  RewindFailure failure = RewindFailure::other;
  // With missing_wal: the segment's file name, where the words name one.
  std::optional<std::string> missing_segment;

  bool operator==(const RewindOutput&) const = default;
};

// `output`: standard output and standard error of a pg_rewind that did not succeed, any bytes.
[[nodiscard]] RewindOutput parse_rewind_failure(std::string_view output);

}  // namespace tamada::agent
