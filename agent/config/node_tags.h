// NodeTags: what a node says about itself to everybody (`tags`), and what Patroni makes of it. Pure.
//
// The values keep their type and order: other members and tests compare them as text, `1` and "1" alike, but
// a text "false" is true for them, as it is for Python.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "common/patroni/dynamic/python_value.h"

namespace tamada::agent {

class NodeTags {
 public:
  NodeTags() = default;
  // `values`: an object.
  explicit NodeTags(patroni::ConfigValue values) : values_(std::move(values)) {}

  // For the member key and GET /patroni: the built-in switches that are off are left out, unless their
  // priority is given, too.
  [[nodiscard]] patroni::ConfigValue shown() const;
  [[nodiscard]] const patroni::ConfigValue& all() const { return values_; }

  // The switch counts where it is given; without it a priority of 0 or less is one.
  [[nodiscard]] bool nofailover() const { return is_off("nofailover", "failover_priority"); }
  [[nodiscard]] bool nosync() const { return is_off("nosync", "sync_priority"); }
  // 0: never; 1 where nothing is given.
  [[nodiscard]] std::int64_t failover_priority() const { return priority("nofailover", "failover_priority"); }
  [[nodiscard]] std::int64_t sync_priority() const { return priority("nosync", "sync_priority"); }
  [[nodiscard]] bool noloadbalance() const;
  [[nodiscard]] bool clonefrom() const;
  [[nodiscard]] bool nostream() const;
  [[nodiscard]] std::string replicatefrom() const;  // empty: the leader

  // A sentence for each switch that contradicts its priority, in the words that Patroni's log has: "Conflicting
  // configuration between nofailover: True and failover_priority: 1. Defaulting to nofailover: True".
  [[nodiscard]] std::vector<std::string> contradictions() const;

  bool operator==(const NodeTags&) const = default;

 private:
  [[nodiscard]] const patroni::ConfigValue* find(const char* name) const;
  [[nodiscard]] bool is_off(const char* name, const char* priority_name) const;
  [[nodiscard]] std::int64_t priority(const char* name, const char* priority_name) const;

  patroni::ConfigValue values_ = patroni::ConfigValue::object();
};

}  // namespace tamada::agent
