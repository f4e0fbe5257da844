#include "agent/postgres/formats/postmaster_pid.h"

#include <array>
#include <limits>
#include <utility>

#include "agent/postgres/formats/number_text.h"

namespace tamada::agent {

namespace {

constexpr std::size_t lines_read = 8;

PostmasterStatus status_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, PostmasterStatus>, 4> words{{
      {"starting", PostmasterStatus::starting},
      {"stopping", PostmasterStatus::stopping},
      {"ready", PostmasterStatus::ready},
      {"standby", PostmasterStatus::standby},
  }};
  for (const auto& [word, status] : words) {
    if (word == text) return status;
  }
  return PostmasterStatus::unrecognized;
}

std::optional<std::string> text_of(std::optional<std::string_view> line) {
  if (!line || line->find('\0') != std::string_view::npos) return std::nullopt;
  return std::string(*line);
}

}  // namespace

PostmasterPid parse_postmaster_pid(std::string_view content) {
  std::array<std::optional<std::string_view>, lines_read> lines;
  for (auto& line : lines) {
    const auto next = take_line(content);
    if (!next || !next->is_whole) break;
    line = next->text;
  }
  PostmasterPid file;
  if (!lines[0]) return file;
  const auto number = whole_number<std::int32_t>(trimmed(*lines[0]));
  if (!number || *number == 0 || *number == std::numeric_limits<std::int32_t>::min()) return file;
  file.is_single_user = *number < 0;
  file.pid = *number < 0 ? -*number : *number;
  file.data_directory = text_of(lines[1]);
  if (lines[2]) file.start_time = whole_number<std::int64_t>(trimmed(*lines[2]));
  if (file.start_time && *file.start_time <= 0) file.start_time.reset();
  if (lines[3]) file.port = whole_number<std::uint16_t>(trimmed(*lines[3]));
  if (file.port == std::uint16_t{0}) file.port.reset();
  file.socket_directory = text_of(lines[4]);
  file.listen_address = text_of(lines[5]);
  if (lines[7]) file.status = status_of(trimmed(*lines[7]));
  return file;
}

}  // namespace tamada::agent
