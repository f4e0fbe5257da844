// Positions in PostgreSQL's write-ahead log, and the names of its segment files.
//
// A position counts bytes since the log began. The server writes it as two hexadecimal halves, "0/3000060"
// (manual, "pg_lsn Type"); pg_waldump fills the second half up to eight digits. 0 is no position that anything
// was ever written at: who reads "0/0" from the server has read "none".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tamada::agent {

using WalPosition = std::uint64_t;
using Timeline = std::uint32_t;

// One to eight hexadecimal digits on each side of one slash, and nothing else. None: it is no position.
[[nodiscard]] std::optional<WalPosition> parse_wal_position(std::string_view text);
// "0/3000060"
[[nodiscard]] std::string format_wal_position(WalPosition position);
// "0/03000060", as pg_waldump prints it.
[[nodiscard]] std::string format_wal_position_padded(WalPosition position);

// The server takes powers of two from 1 MB to 1 GB (initdb --wal-segsize).
[[nodiscard]] bool is_wal_segment_size(std::uint64_t bytes);

// A segment file of the log: `number` counts segments since the log began.
struct WalSegment {
  Timeline timeline = 0;
  std::uint64_t number = 0;

  bool operator==(const WalSegment&) const = default;
};

// "000000010000000000000003", 24 upper-case digits; none for any other name (history files, .partial, .backup)
// and for a number that a log of such segments does not have. `segment_size` is one (assert).
[[nodiscard]] std::optional<WalSegment> parse_wal_segment_name(std::string_view name,
                                                               std::uint64_t segment_size);
[[nodiscard]] std::string wal_segment_name(const WalSegment& segment, std::uint64_t segment_size);
// Has the name the form of a segment's, whatever the size of segments is?
[[nodiscard]] bool looks_like_wal_segment(std::string_view name);

}  // namespace tamada::agent
