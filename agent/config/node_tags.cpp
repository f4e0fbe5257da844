#include "agent/config/node_tags.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>

namespace tamada::agent {

using patroni::ConfigValue;

namespace {

constexpr std::array<std::string_view, 5> switches{"clonefrom", "nofailover", "noloadbalance", "nosync",
                                                   "nostream"};

bool is_switch(std::string_view name) {
  for (const std::string_view each : switches) {
    if (each == name) return true;
  }
  return false;
}

std::optional<std::int64_t> number_of(const ConfigValue* value) {
  return value == nullptr ? std::nullopt : patroni::parse_whole(*value);
}

}  // namespace

ConfigValue NodeTags::shown() const {
  ConfigValue shown = ConfigValue::object();
  for (const auto& [name, value] : values_.items()) {
    const bool has_priority = (name == "nofailover" && find("failover_priority") != nullptr) ||
                              (name == "nosync" && find("sync_priority") != nullptr);
    if (!is_switch(name) || patroni::python_truth(value) || has_priority) shown[name] = value;
  }
  return shown;
}

bool NodeTags::noloadbalance() const {
  const auto* value = find("noloadbalance");
  return value != nullptr && patroni::python_truth(*value);
}

bool NodeTags::clonefrom() const {
  const auto* value = find("clonefrom");
  return value != nullptr && patroni::python_truth(*value);
}

bool NodeTags::nostream() const {
  const auto* value = find("nostream");
  return value != nullptr && patroni::parse_switch(*value).value_or(false);
}

std::string NodeTags::replicatefrom() const {
  const auto* value = find("replicatefrom");
  return value == nullptr || !patroni::python_truth(*value) ? std::string() : patroni::python_text(*value);
}

std::vector<std::string> NodeTags::contradictions() const {
  std::vector<std::string> told;
  const auto compare = [&](const char* name, const char* priority_name) {
    const auto* value = find(name);
    const auto number = number_of(find(priority_name));
    if (value == nullptr || !number || patroni::python_truth(*value) != (*number > 0)) return;
    const std::string shown = patroni::python_text(*value);
    told.push_back(fmt::format("Conflicting configuration between {}: {} and {}: {}. Defaulting to {}: {}",
                               name, shown, priority_name, *number, name, shown));
  };
  compare("nofailover", "failover_priority");
  compare("nosync", "sync_priority");
  return told;
}

const ConfigValue* NodeTags::find(const char* name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &*found;
}

bool NodeTags::is_off(const char* name, const char* priority_name) const {
  const auto* value = find(name);
  if (value != nullptr && !value->is_null()) return patroni::python_truth(*value);
  const auto number = number_of(find(priority_name));
  return number && *number <= 0;
}

std::int64_t NodeTags::priority(const char* name, const char* priority_name) const {
  const auto* value = find(name);
  if (value != nullptr && patroni::python_truth(*value)) return 0;
  return number_of(find(priority_name)).value_or(1);
}

}  // namespace tamada::agent
