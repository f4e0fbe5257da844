#include "common/patroni/dynamic/read_dynamic_settings.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "common/base/spelling.h"
#include "common/base/utf8.h"
#include "common/patroni/dynamic/cluster_times.h"
#include "common/patroni/dynamic/permanent_slots.h"

namespace tamada::patroni {

namespace {

constexpr std::int64_t most_seconds = 86'400;
constexpr auto most_bytes = std::numeric_limits<std::int64_t>::max();

// Older names that Patroni still reads, with the present ones.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> older_names{
    {{"master_start_timeout", "primary_start_timeout"},
     {"master_stop_timeout", "primary_stop_timeout"},
     {"permanent_slots", "slots"},
     {"permanent_replication_slots", "slots"}}};

constexpr std::array<std::string_view, 7> local_postgresql{
    "connect_address", "proxy_address", "listen", "config_dir", "data_dir", "pgpass", "authentication"};

// Seen in shared configurations, where people hope that they do something.
constexpr std::array<std::string_view, 12> local_sections{"name", "scope",    "namespace", "restapi",
                                                          "ctl",  "etcd3",    "etcd",      "log",
                                                          "tags", "watchdog", "bootstrap", "loggers"};

class Reader {
 public:
  Reader(const ConfigValue& document, const DynamicSettings& former) : document_(document), former_(former) {}

  ReadDynamicSettings run() {
    if (!document_.is_object()) {
      tell(FindingKind::invalid, "", fmt::format("found {}; expected settings", shown(document_)));
      read_.settings = former_;
      return std::move(read_);
    }
    read_times();
    read_failover();
    read_synchronous();
    read_slots();
    read_postgresql();
    read_.settings.standby_cluster = follows_another();
    tell_unsupported();
    tell_unknown();
    return std::move(read_);
  }

 private:
  static std::string shown(const ConfigValue& value) {
    return fmt::format("\"{}\"", shortened(python_text(value), 60));
  }

  void tell(FindingKind kind, std::string key, std::string message) {
    read_.findings.push_back({kind, std::move(key), std::move(message)});
  }
  void refuse(const std::string& key, const ConfigValue& found, std::string_view expected) {
    tell(FindingKind::invalid, key, fmt::format("found {}; expected {}", shown(found), expected));
  }

  // null is absent.
  static const ConfigValue* value_of(const ConfigValue& object, const std::string& key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
  [[nodiscard]] const ConfigValue* value_of(const std::string& key) const { return value_of(document_, key); }

  // --- one value: absent has its default, wrong keeps what there was

  template <class Number>
  void whole(const std::string& key, Number& target, Number former, std::int64_t least, std::int64_t most) {
    const ConfigValue* value = value_of(key);
    if (value == nullptr) return;
    const auto number = parse_whole(*value);
    if (number && *number >= least && *number <= most) {
      target = static_cast<Number>(*number);
    } else {
      refuse(key, *value,
             most == most_bytes ? fmt::format("a whole number of at least {}", least)
                                : fmt::format("a whole number from {} to {}", least, most));
      target = former;
    }
  }

  void seconds(const std::string& key, Duration& target, Duration former, BaseUnit unit = BaseUnit::none) {
    const ConfigValue* value = value_of(key);
    if (value == nullptr) return;
    const auto number = parse_whole(*value, unit);
    if (number && *number >= 0 && *number <= 100 * most_seconds) {
      target = std::chrono::seconds(*number);
    } else {
      refuse(key, *value, fmt::format("seconds from 0 to {}", 100 * most_seconds));
      target = former;
    }
  }

  template <class Switch>
  void on_off(const ConfigValue& object, const std::string& section, const std::string& key, Switch& target,
              Switch former) {
    const ConfigValue* value = value_of(object, key);
    if (value == nullptr) return;
    if (const auto on = parse_switch(*value)) {
      target = *on;
    } else {
      refuse(section + key, *value, "true or false");
      target = former;
    }
  }

  // --- the groups

  [[nodiscard]] std::int64_t time_or(const std::string& key, std::int64_t otherwise, Duration former) {
    const ConfigValue* value = value_of(key);
    if (value == nullptr) return otherwise;
    const auto number = parse_whole(*value);
    if (number && *number <= most_seconds) return *number;
    refuse(key, *value, fmt::format("whole seconds, at most {}", most_seconds));
    return std::chrono::duration_cast<std::chrono::seconds>(former).count();
  }

  void read_times() {
    const ClusterTimes usual;
    const auto [times, notes] = adjust_times(
        {time_or("ttl", usual.ttl, former_.ttl), time_or("loop_wait", usual.loop_wait, former_.loop_wait),
         time_or("retry_timeout", usual.retry_timeout, former_.retry_timeout)});
    for (const TimesNote& note : notes) tell(FindingKind::adjusted, note.key, note.message);
    read_.settings.ttl = std::chrono::seconds(times.ttl);
    read_.settings.loop_wait = std::chrono::seconds(times.loop_wait);
    read_.settings.retry_timeout = std::chrono::seconds(times.retry_timeout);
  }

  // The present name counts where it is given at all, as in Patroni.
  void seconds_by_two_names(const std::string& name, const std::string& older, Duration& target,
                            Duration former) {
    seconds(document_.contains(name) ? name : older, target, former);
  }

  void read_failover() {
    DynamicSettings& to = read_.settings;
    whole("maximum_lag_on_failover", to.maximum_lag_on_failover, former_.maximum_lag_on_failover, 0,
          most_bytes);
    whole("maximum_lag_on_syncnode", to.maximum_lag_on_syncnode, former_.maximum_lag_on_syncnode, -1,
          most_bytes);
    whole("max_timelines_history", to.max_timelines_history, former_.max_timelines_history, 0, 1'000'000);
    on_off(document_, "", "check_timeline", to.check_timeline, former_.check_timeline);
    seconds_by_two_names("primary_start_timeout", "master_start_timeout", to.primary_start_timeout,
                         former_.primary_start_timeout);
    seconds_by_two_names("primary_stop_timeout", "master_stop_timeout", to.primary_stop_timeout,
                         former_.primary_stop_timeout);
    seconds("primary_race_backoff", to.primary_race_backoff, former_.primary_race_backoff);
    on_off(document_, "", "failsafe_mode", to.failsafe_mode, former_.failsafe_mode);
    on_off(document_, "", "pause", to.pause, former_.pause);
    seconds("member_slots_ttl", to.member_slots_ttl, former_.member_slots_ttl, BaseUnit::seconds);
  }

  void read_synchronous() {
    DynamicSettings& to = read_.settings;
    if (const ConfigValue* value = value_of("synchronous_mode")) {
      std::string text = python_text(*value);
      std::transform(text.begin(), text.end(), text.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      const auto on = parse_switch(*value);
      if (text == "quorum") {
        to.synchronous_mode = SynchronousMode::quorum;
      } else if (on) {
        to.synchronous_mode = *on ? SynchronousMode::on : SynchronousMode::off;
      } else {
        refuse("synchronous_mode", *value, "true, false or quorum");
        to.synchronous_mode = former_.synchronous_mode;
      }
    }
    on_off(document_, "", "synchronous_mode_strict", to.synchronous_mode_strict,
           former_.synchronous_mode_strict);
    whole("synchronous_node_count", to.synchronous_node_count, former_.synchronous_node_count, 0, 1000);
    if (to.synchronous_node_count == 0) {
      to.synchronous_node_count = 1;
      tell(FindingKind::adjusted, "synchronous_node_count",
           "0 is too low; taken as 1, since a transaction that nobody else has would be acknowledged");
    }
    if (to.synchronous_mode_strict && to.synchronous_mode == SynchronousMode::off) {
      tell(FindingKind::no_effect, "synchronous_mode_strict", "has no effect without synchronous_mode: on");
    }
  }

  void read_slots() {
    for (const std::string key : {"permanent_replication_slots", "permanent_slots", "slots"}) {
      const ConfigValue* value = value_of(key);
      if (value == nullptr || !python_truth(*value)) continue;
      if (value->is_object()) {
        read_.settings.slots = read_permanent_slots(key, *value, read_.findings);
      } else {
        refuse(key, *value, "a map of slots, such as {name: {type: physical}}");
        read_.settings.slots = former_.slots;
      }
      break;
    }
    const ConfigValue* ignored = value_of("ignore_slots");
    if (ignored == nullptr || !python_truth(*ignored)) return;
    if (ignored->is_array()) {
      read_.settings.ignore_slots = read_ignored_slots(*ignored, read_.findings);
    } else {
      refuse("ignore_slots", *ignored, "a list, such as [{name: slot}]");
      read_.settings.ignore_slots = former_.ignore_slots;
    }
  }

  void read_postgresql() {
    const ConfigValue* section = value_of("postgresql");
    if (section == nullptr) return;
    DynamicSettings& to = read_.settings;
    if (!section->is_object()) {
      refuse("postgresql", *section, "settings");
      to.use_slots = former_.use_slots;
      to.use_pg_rewind = former_.use_pg_rewind;
      to.remove_data_directory_on_rewind_failure = former_.remove_data_directory_on_rewind_failure;
      to.remove_data_directory_on_diverged_timelines = former_.remove_data_directory_on_diverged_timelines;
      return;
    }
    const std::string at = "postgresql.";
    on_off(*section, at, "use_slots", to.use_slots, former_.use_slots);
    on_off(*section, at, "use_pg_rewind", to.use_pg_rewind, former_.use_pg_rewind);
    on_off(*section, at, "remove_data_directory_on_rewind_failure",
           to.remove_data_directory_on_rewind_failure, former_.remove_data_directory_on_rewind_failure);
    on_off(*section, at, "remove_data_directory_on_diverged_timelines",
           to.remove_data_directory_on_diverged_timelines,
           former_.remove_data_directory_on_diverged_timelines);
    for (const std::string_view key : local_postgresql) {
      if (section->contains(key)) tell_local(at + std::string(key));
    }
    if (!to.use_slots && !to.slots.empty()) {
      tell(FindingKind::no_effect, "slots", "has no effect while postgresql.use_slots is off");
    }
  }

  // Patroni counts a standby_cluster section only if it says whom to follow.
  [[nodiscard]] bool follows_another() const {
    const ConfigValue* section = value_of("standby_cluster");
    if (section == nullptr || !section->is_object()) return false;
    for (const std::string key : {"host", "port", "restore_command"}) {
      const auto found = section->find(key);
      if (found != section->end() && python_truth(*found)) return true;
    }
    return false;
  }

  void tell_unsupported() {
    const auto unless_supported = [&](bool asked, Unsupported what, const std::string& key) {
      if (!asked) return;
      read_.unsupported.push_back(what);
      tell(FindingKind::unsupported, key, fmt::format("{}: not supported yet", name_of(what)));
    };
    const DynamicSettings& asked = read_.settings;
    unless_supported(asked.standby_cluster, Unsupported::standby_cluster, "standby_cluster");
    unless_supported(asked.synchronous_mode == SynchronousMode::quorum, Unsupported::quorum_commit,
                     "synchronous_mode");
    unless_supported(asked.failsafe_mode, Unsupported::failsafe_mode, "failsafe_mode");
    const bool logical = std::any_of(asked.slots.begin(), asked.slots.end(), [](const PermanentSlot& slot) {
      return slot.type == PermanentSlot::Type::logical;
    });
    unless_supported(logical, Unsupported::logical_slots, "slots");
  }

  void tell_local(std::string key) {
    tell(FindingKind::local_only, std::move(key),
         "is not read from the shared configuration; it belongs into the configuration file of each node");
  }

  void tell_unknown() {
    const auto& known = dynamic_setting_names();
    for (const auto& [key, value] : document_.items()) {
      const auto is_key = [&key = key](std::string_view name) { return name == key; };
      const auto is_older = [&key = key](const auto& pair) { return pair.first == key; };
      if (std::any_of(known.begin(), known.end(), is_key)) continue;
      if (std::any_of(older_names.begin(), older_names.end(), is_older)) continue;
      if (std::any_of(local_sections.begin(), local_sections.end(), is_key)) {
        tell_local(key);
        continue;
      }
      const std::string nearest = nearest_word(key, known);
      tell(FindingKind::unknown, shortened(key, 60),
           nearest.empty()
               ? "no setting of the shared configuration"
               : fmt::format("no setting of the shared configuration (did you mean \"{}\"?)", nearest));
    }
  }

  const ConfigValue& document_;
  const DynamicSettings& former_;
  ReadDynamicSettings read_;
};

}  // namespace

std::string_view name_of(Unsupported what) {
  switch (what) {
    case Unsupported::standby_cluster:
      return "a standby cluster";
    case Unsupported::quorum_commit:
      return "quorum commit (synchronous_mode: quorum)";
    case Unsupported::failsafe_mode:
      return "failsafe mode";
    case Unsupported::logical_slots:
      return "permanent logical replication slots";
  }
  return "";
}

const std::vector<std::string_view>& dynamic_setting_names() {
  static const std::vector<std::string_view> names{"ttl",
                                                   "loop_wait",
                                                   "retry_timeout",
                                                   "maximum_lag_on_failover",
                                                   "maximum_lag_on_syncnode",
                                                   "max_timelines_history",
                                                   "check_timeline",
                                                   "primary_start_timeout",
                                                   "primary_stop_timeout",
                                                   "primary_race_backoff",
                                                   "synchronous_mode",
                                                   "synchronous_mode_strict",
                                                   "synchronous_node_count",
                                                   "failsafe_mode",
                                                   "pause",
                                                   "member_slots_ttl",
                                                   "slots",
                                                   "ignore_slots",
                                                   "postgresql",
                                                   "standby_cluster"};
  return names;
}

ReadDynamicSettings read_dynamic_settings(const ConfigValue& document, const DynamicSettings& former) {
  return Reader(document, former).run();
}

}  // namespace tamada::patroni
