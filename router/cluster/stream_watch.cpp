#include "router/cluster/stream_watch.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace tamada::router {
namespace {

// Patroni 3.1 and later tell it for PostgreSQL 9.6 and later.
bool tells_replication(const patroni::NodeStatus& status) {
  const std::string& text = status.patroni_version;
  const char* const end = text.data() + text.size();
  int major = 0;
  int minor = 0;
  const auto [dot, error] = std::from_chars(text.data(), end, major);
  if (error != std::errc{}) return false;
  if (dot != end && *dot == '.') (void)std::from_chars(dot + 1, end, minor);
  return (major > 3 || (major == 3 && minor >= 1)) && status.server_version.value_or(90600) >= 90600;
}

}  // namespace

std::string_view name_of(Replication replication) {
  switch (replication) {
    case Replication::unknown:
      return "";
    case Replication::streaming:
      return "streaming";
    case Replication::in_archive_recovery:
      return "in archive recovery";
    case Replication::stopped:
      return "not streaming";
  }
  return "";
}

std::optional<std::uint64_t> StreamWatch::position_of(const patroni::NodeStatus& status) {
  if (!status.received_location) return status.replayed_location;
  return std::max(*status.received_location, status.replayed_location.value_or(0));
}

void StreamWatch::hear(const patroni::NodeStatus& status, TimePoint sent, std::optional<Duration> behind) {
  const bool follows =
      status.role == patroni::NodeRole::replica || status.role == patroni::NodeRole::standby_leader;
  if (!follows || !status.is_running()) return forget();
  if (status.replication_state == "streaming") {
    replication_ = Replication::streaming;
  } else if (status.replication_state == "in archive recovery") {
    replication_ = Replication::in_archive_recovery;
  } else if (tells_replication(status)) {
    replication_ = status.replication_state.empty() ? Replication::stopped : Replication::unknown;
  } else {
    const std::optional<std::uint64_t> position = position_of(status);
    if (position != position_) {
      position_ = position;
      moved_ = sent;
      replication_ = Replication::unknown;
    } else if (position && behind) {
      const bool stalled = *behind >= stalled_after && sent - moved_ >= stalled_after;
      if (stalled || *behind == Duration::zero()) {
        replication_ = stalled ? Replication::stopped : Replication::unknown;
      }
    }
  }
}

}  // namespace tamada::router
