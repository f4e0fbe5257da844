#include "agent/postgres/formats/wal_position.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "agent/postgres/formats/number_text.h"

namespace tamada::agent {

namespace {

constexpr std::uint64_t low_half = 0xFFFFFFFF;
constexpr std::size_t name_length = 24;

}  // namespace

std::optional<WalPosition> parse_wal_position(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash > 8 || text.size() - slash > 9) return std::nullopt;
  const auto high = whole_number<std::uint32_t>(text.substr(0, slash), 16);
  const auto low = whole_number<std::uint32_t>(text.substr(slash + 1), 16);
  if (!high || !low) return std::nullopt;
  return std::uint64_t{*high} << 32 | *low;
}

std::string format_wal_position(WalPosition position) {
  return fmt::format("{:X}/{:X}", position >> 32, position & low_half);
}

std::string format_wal_position_padded(WalPosition position) {
  return fmt::format("{:X}/{:08X}", position >> 32, position & low_half);
}

bool is_wal_segment_size(std::uint64_t bytes) {
  constexpr std::uint64_t mega = std::uint64_t{1} << 20;
  return bytes >= mega && bytes <= 1024 * mega && (bytes & (bytes - 1)) == 0;
}

bool looks_like_wal_segment(std::string_view name) {
  return name.size() == name_length && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
         });
}

std::optional<WalSegment> parse_wal_segment_name(std::string_view name, std::uint64_t segment_size) {
  assert(is_wal_segment_size(segment_size));
  if (!looks_like_wal_segment(name)) return std::nullopt;
  const auto timeline = whole_number<std::uint32_t>(name.substr(0, 8), 16);
  const auto high = whole_number<std::uint32_t>(name.substr(8, 8), 16);
  const auto low = whole_number<std::uint32_t>(name.substr(16, 8), 16);
  const std::uint64_t per_high = (low_half + 1) / segment_size;
  if (!timeline || !high || !low || *timeline == 0 || *low >= per_high) return std::nullopt;
  return WalSegment{*timeline, *high * per_high + *low};
}

std::string wal_segment_name(const WalSegment& segment, std::uint64_t segment_size) {
  assert(is_wal_segment_size(segment_size));
  const std::uint64_t per_high = (low_half + 1) / segment_size;
  return fmt::format("{:08X}{:08X}{:08X}", segment.timeline, segment.number / per_high,
                     segment.number % per_high);
}

}  // namespace tamada::agent
