// SlotCluster: a cluster's keys and a node of it, as the tests of the slots see them.
#pragma once

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/server/slots/slot_plan.h"

namespace tamada::agent {

using Json = nlohmann::ordered_json;

// pg1 leads pg2 and pg3; seen from pg1 unless said otherwise.
class SlotCluster {
 public:
  SlotCluster() {
    wanted.self = "pg1";
    wanted.is_leader = true;
    wanted.leader = "pg1";
    in_recovery = false;
    put("leader", "pg1");
    put("config", "{}");
    put("status", R"({"optime":1000})");
    for (const char* name : {"pg1", "pg2", "pg3"}) member(name);
  }

  void put(const std::string& key, const std::string& value) {
    remove(key);
    keys_.push_back({prefix_ + key, value, 1, 1, 0});
  }
  void remove(const std::string& key) {
    std::erase_if(keys_, [this, &key](const patroni::StoredKey& one) { return one.key == prefix_ + key; });
  }
  void member(const std::string& name, const Json& tagged = Json::object(), std::uint64_t position = 0) {
    Json value{{"conn_url", "postgres://10.0.0.1:5432/postgres"},
               {"state", "running"},
               {"role", name == wanted.leader ? "primary" : "replica"},
               {"version", version},
               {"tags", tagged}};
    if (position != 0) value["xlog_location"] = position;
    put("members/" + name, value.dump());
  }
  void gone(const std::string& name) { remove("members/" + name); }
  void status(const Json& slots, const Json& retained = Json::array()) {
    put("status", Json{{"optime", 1000}, {"slots", slots}, {"retain_slots", retained}}.dump());
  }
  // Seen from a replica.
  void as_replica(const std::string& self) {
    wanted.self = self;
    wanted.is_leader = false;
    in_recovery = true;
  }

  [[nodiscard]] const WantedSlots& now() {
    wanted.keys = patroni::ClusterKeys::from_range(prefix_, keys_, 1);
    return wanted;
  }
  [[nodiscard]] SlotWishes wishes() { return wished_slots({now(), shared, tags, in_recovery, remembered}); }
  [[nodiscard]] SlotPlan plan(std::vector<SlotStatus> slots) {
    ServerStatus status;
    status.in_recovery = in_recovery;
    status.slots = std::move(slots);
    const SlotWishes wished = wishes();
    return plan_slots({wanted, shared, tags, in_recovery, remembered}, wished, status);
  }
  [[nodiscard]] std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& [name, wish] : wishes().physical) names.push_back(name);
    return names;
  }

  WantedSlots wanted;
  patroni::DynamicSettings shared;
  NodeTags tags;  // of the node itself
  bool in_recovery = false;
  std::set<std::string> remembered;
  std::string version = "4.1.4";

 private:
  const std::string prefix_ = "/service/test/";
  std::vector<patroni::StoredKey> keys_;
};

inline patroni::PermanentSlot permanent(const std::string& name, const std::string& cluster_type = {}) {
  return {name, patroni::PermanentSlot::Type::physical, {}, {}, cluster_type};
}
inline patroni::PermanentSlot permanent_logical(const std::string& name) {
  return {name, patroni::PermanentSlot::Type::logical, "postgres", "pgoutput", {}};
}
inline patroni::IgnoredSlot ignored(const std::string& name) {
  return {name, {}, {}, {}};
}

inline SlotStatus physical(const std::string& name, WalPosition restart = 100) {
  SlotStatus slot;
  slot.name = name;
  if (restart != 0) slot.restart = restart;
  slot.wal_status = "reserved";
  return slot;
}

inline SlotStatus logical(const std::string& name, const std::string& plugin = "pgoutput") {
  SlotStatus slot = physical(name);
  slot.is_logical = true;
  slot.plugin = plugin;
  slot.database = "postgres";
  slot.confirmed = 100;
  return slot;
}

}  // namespace tamada::agent
