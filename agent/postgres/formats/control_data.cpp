#include "agent/postgres/formats/control_data.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/postgres/formats/number_text.h"

namespace tamada::agent {

namespace {

constexpr std::array<std::pair<std::string_view, ClusterState>, 7> state_words{{
    {"starting up", ClusterState::starting_up},
    {"shut down", ClusterState::shut_down},
    {"shut down in recovery", ClusterState::shut_down_in_recovery},
    {"shutting down", ClusterState::shutting_down},
    {"in crash recovery", ClusterState::in_crash_recovery},
    {"in archive recovery", ClusterState::in_archive_recovery},
    {"in production", ClusterState::in_production},
}};

// What the program says where the file is not to be believed; in 13 to 15 on its standard output, later on its
// standard error, and the case of the first letter changed.
constexpr std::array<std::string_view, 2> damage_words{
    "alculated CRC checksum does not match",
    "ossible byte ordering mismatch",
};

std::optional<ClusterState> cluster_state(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto* found = std::find_if(state_words.begin(), state_words.end(),
                                   [&](const auto& entry) { return entry.first == text; });
  return found == state_words.end() ? ClusterState::unrecognized : found->second;
}

std::optional<bool> on_or_off(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return std::nullopt;
}

template <class Number>
std::optional<Number> not_zero(std::optional<Number> number) {
  return number == Number{0} ? std::nullopt : number;
}

// The values of one label: found once, or several times alike.
class Labels {
 public:
  explicit Labels(std::string_view output) : output_(output) {}

  [[nodiscard]] std::string_view value(std::string_view label) const {
    std::string_view rest = output_;
    std::optional<std::string_view> found;
    while (const auto line = take_line(rest)) {
      const std::string_view text = line->text;
      if (text.size() <= label.size() || text.substr(0, label.size()) != label || text[label.size()] != ':')
        continue;
      const std::string_view one = trimmed(text.substr(label.size() + 1));
      if (found && *found != one) return {};
      found = one;
    }
    return found.value_or(std::string_view{});
  }
  template <class Number>
  [[nodiscard]] std::optional<Number> number(std::string_view label) const {
    return whole_number<Number>(value(label));
  }
  [[nodiscard]] std::optional<WalPosition> position(std::string_view label) const {
    return parse_wal_position(value(label));
  }

 private:
  const std::string_view output_;
};

}  // namespace

std::string_view name_of(ClusterState state) {
  const auto* found = std::find_if(state_words.begin(), state_words.end(),
                                   [&](const auto& entry) { return entry.second == state; });
  return found == state_words.end() ? "unrecognized" : found->first;
}

ControlData parse_control_data(std::string_view output) {
  ControlData control;
  control.is_damaged = std::any_of(damage_words.begin(), damage_words.end(), [&](std::string_view damage) {
    return output.find(damage) != std::string_view::npos;
  });
  if (control.is_damaged) return control;

  const Labels labels(output);
  control.control_version = not_zero(labels.number<std::uint32_t>("pg_control version number"));
  control.system_identifier = not_zero(labels.number<std::uint64_t>("Database system identifier"));
  control.state = cluster_state(labels.value("Database cluster state"));
  control.checkpoint = not_zero(labels.position("Latest checkpoint location"));
  control.redo = not_zero(labels.position("Latest checkpoint's REDO location"));
  control.timeline = not_zero(labels.number<Timeline>("Latest checkpoint's TimeLineID"));
  control.previous_timeline = not_zero(labels.number<Timeline>("Latest checkpoint's PrevTimeLineID"));
  control.min_recovery_end = labels.position("Minimum recovery ending location");
  control.min_recovery_end_timeline = labels.number<Timeline>("Min recovery ending loc's timeline");
  control.wal_log_hints = on_or_off(labels.value("wal_log_hints setting"));
  control.data_checksum_version = labels.number<std::uint32_t>("Data page checksum version");
  control.settings.max_connections = labels.number<std::uint32_t>("max_connections setting");
  control.settings.max_worker_processes = labels.number<std::uint32_t>("max_worker_processes setting");
  control.settings.max_wal_senders = labels.number<std::uint32_t>("max_wal_senders setting");
  control.settings.max_prepared_transactions = labels.number<std::uint32_t>("max_prepared_xacts setting");
  control.settings.max_locks_per_transaction = labels.number<std::uint32_t>("max_locks_per_xact setting");
  control.wal_segment_size = labels.number<std::uint64_t>("Bytes per WAL segment");
  if (control.wal_segment_size && !is_wal_segment_size(*control.wal_segment_size))
    control.wal_segment_size.reset();
  return control;
}

std::optional<bool> allows_rewind(const ControlData& control) {
  if (control.wal_log_hints == true || control.data_checksum_version.value_or(0) != 0) return true;
  if (control.wal_log_hints && control.data_checksum_version) return false;
  return std::nullopt;
}

}  // namespace tamada::agent
