#include "agent/server/actions/timeline_reservation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "agent/postgres/formats/timeline_history.h"
#include "common/base/errno_text.h"
#include "common/files/small_file.h"
#include "common/files/state_file.h"

namespace tamada::agent {

namespace {

constexpr std::string_view suffix = ".history";
constexpr std::size_t digits = 8;
// Told apart from every history that the server writes by its first line.
constexpr std::string_view comment =
    "# placed by tamada-agent: this timeline may have been begun by another node\n";

std::string wal_path(const std::string& data_dir, const std::string& name) {
  return data_dir + "/pg_wal/" + name;
}

const FoundHistory* find(const std::vector<FoundHistory>& found, Timeline timeline) {
  const auto at = std::find_if(found.begin(), found.end(),
                               [&](const FoundHistory& one) { return one.timeline == timeline; });
  return at == found.end() ? nullptr : &*at;
}

Result<std::vector<FoundHistory>> find_histories(const std::string& data_dir) {
  std::vector<FoundHistory> found;
  std::error_code failed;
  const std::string folder = wal_path(data_dir, {});
  std::filesystem::directory_iterator at(folder, failed);
  for (; !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) {
    const auto timeline = timeline_of_history_name(at->path().filename().string());
    if (!timeline) continue;
    // One that cannot be read is a true one: nothing is done about it.
    const auto text = read_small_file(at->path().string());
    found.push_back({*timeline, text && *text == comment});
  }
  if (failed)
    return fail(ErrorKind::system, fmt::format("read {}: {}", folder, describe_errno(failed.value())));
  return found;
}

}  // namespace

std::optional<Timeline> timeline_of_history_name(std::string_view name) {
  if (name.size() != digits + suffix.size() || name.substr(digits) != suffix) return std::nullopt;
  Timeline timeline = 0;
  const char* const end = name.data() + digits;
  const auto [at, error] = std::from_chars(name.data(), end, timeline, 16);
  if (error != std::errc() || at != end || timeline == 0) return std::nullopt;
  // The server writes upper-case digits.
  if (timeline_history_name(timeline) != name) return std::nullopt;
  return timeline;
}

Timeline newest_found(const std::vector<FoundHistory>& found, Timeline own) {
  Timeline newest = own;
  while (find(found, newest + 1) != nullptr) ++newest;
  return newest;
}

std::vector<Timeline> missing_between(const std::vector<FoundHistory>& found, Timeline own,
                                      Timeline reserved) {
  std::vector<Timeline> missing;
  for (Timeline timeline = own + 1; timeline < reserved; ++timeline) {
    if (find(found, timeline) == nullptr) missing.push_back(timeline);
  }
  return missing;
}

std::vector<Timeline> left_behind(const std::vector<FoundHistory>& found, Timeline own) {
  Timeline newest = own;
  for (const FoundHistory& one : found) {
    if (!one.is_placed) newest = std::max(newest, one.timeline);
  }
  std::vector<Timeline> left;
  for (const FoundHistory& one : found) {
    if (one.is_placed && one.timeline > newest) left.push_back(one.timeline);
  }
  return left;
}

Timeline newest_timeline_of(const ControlData& control) {
  return std::max(control.timeline.value_or(0), control.min_recovery_end_timeline.value_or(0));
}

Result<Reservation> reserve_timeline(const std::string& data_dir, Timeline own, Timeline reserved) {
  if (own == 0 || reserved <= own) {
    return fail(ErrorKind::invalid,
                fmt::format("timeline {} was reserved for the promotion, and the server is on {} already",
                            reserved, own));
  }
  if (reserved - own > most_placed) {
    return fail(
        ErrorKind::invalid,
        fmt::format(
            "timeline {} was reserved for the promotion, too far beyond the server's {}: was the key of "
            "the newest timeline written by hand?",
            reserved, own));
  }
  auto found = find_histories(data_dir);
  if (!found) return tl::make_unexpected(std::move(found.error()));
  Reservation result;
  for (const Timeline timeline : missing_between(*found, own, reserved)) {
    const std::string path = wal_path(data_dir, timeline_history_name(timeline));
    if (auto placed = replace_file(path, std::string(comment)); !placed) {
      return tl::make_unexpected(std::move(placed.error()));
    }
    result.placed.push_back(timeline);
    found->push_back({timeline, true});
  }
  result.expected = newest_found(*found, own) + 1;
  return result;
}

bool has_true_history(const std::string& data_dir, Timeline timeline) {
  const auto text = read_small_file(wal_path(data_dir, timeline_history_name(timeline)));
  return text && *text != comment;
}

Result<void> clear_reservations(const std::string& data_dir, Timeline own) {
  if (own == 0) return {};
  const auto found = find_histories(data_dir);
  if (!found) return tl::make_unexpected(found.error());
  for (const Timeline timeline : left_behind(*found, own)) {
    const std::string path = wal_path(data_dir, timeline_history_name(timeline));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return fail(ErrorKind::system, fmt::format("remove {}: {}", path, describe_errno(errno)));
    }
  }
  return {};
}

}  // namespace tamada::agent
