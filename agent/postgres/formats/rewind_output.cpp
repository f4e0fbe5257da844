#include "agent/postgres/formats/rewind_output.h"

#include <array>

#include "agent/postgres/formats/number_text.h"
#include "agent/postgres/formats/wal_position.h"

namespace tamada::agent {

namespace {

// pg_rewind's and libpq's words, of PostgreSQL 13 to 17.
constexpr std::array source_words{
    std::string_view{"connection to server"},
    std::string_view{"could not connect to server"},
    std::string_view{"server closed the connection unexpectedly"},
    std::string_view{"source server must not be in recovery mode"},
    std::string_view{"session is read-only"},
    std::string_view{"the database system is"},
    std::string_view{"terminating connection due to"},
    std::string_view{"no connection to the server"},
};
constexpr std::array unclean_words{
    std::string_view{"target server must be shut down cleanly"},
    std::string_view{"postgres single-user mode in target cluster failed"},
};
constexpr std::array missing_words{
    std::string_view{"could not find previous WAL record"},
    std::string_view{"could not read WAL record"},
    std::string_view{"could not find common ancestor"},
};

template <std::size_t count>
bool holds_one_of(std::string_view text, const std::array<std::string_view, count>& words) {
  for (const std::string_view word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// could not open file "/data/pg_wal/0000000A00006AA100000068": No such file or directory
std::optional<std::string> missing_segment_in(std::string_view line) {
  constexpr std::string_view before = "could not open file \"";
  const std::size_t found = line.find(before);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(found + before.size());
  const std::size_t end = rest.find("\": No such file or directory");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view path = rest.substr(0, end);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view name = path.substr(slash + 1);
  constexpr std::string_view folder = "pg_wal";
  const std::string_view parent = path.substr(0, slash);
  if (parent.size() < folder.size() || parent.substr(parent.size() - folder.size()) != folder ||
      !looks_like_wal_segment(name))
    return std::nullopt;
  return std::string(name);
}

}  // namespace

RewindOutput parse_rewind_failure(std::string_view output) {
  RewindOutput told;
  std::string_view rest = output;
  while (const auto line = take_line(rest)) {
    if (auto segment = missing_segment_in(line->text)) told.missing_segment = std::move(segment);
  }
  // The order matters: a source that went away while it was copied from leaves no other trace.
  if (holds_one_of(output, source_words)) {
    told.missing_segment.reset();
    told.failure = RewindFailure::source_unavailable;
  } else if (told.missing_segment || holds_one_of(output, missing_words)) {
    told.failure = RewindFailure::missing_wal;
  } else if (holds_one_of(output, unclean_words)) {
    told.failure = RewindFailure::target_not_clean;
  }
  return told;
}

}  // namespace tamada::agent
