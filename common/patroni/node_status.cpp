#include "common/patroni/node_status.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "common/json/json_reader.h"
#include "common/patroni/patroni_tags.h"

namespace tamada::patroni {

namespace {

// The first word of a role is the one we write.
constexpr std::array<std::pair<std::string_view, NodeRole>, 7> role_words{{
    {"primary", NodeRole::primary},
    {"master", NodeRole::primary},
    {"replica", NodeRole::replica},
    {"standby_leader", NodeRole::standby_leader},
    {"demoted", NodeRole::demoted},
    {"promoted", NodeRole::promoted},
    {"uninitialized", NodeRole::uninitialized},
}};

}  // namespace

NodeRole node_role(std::string_view text) {
  const auto* found = std::find_if(role_words.begin(), role_words.end(),
                                   [&](const auto& entry) { return entry.first == text; });
  return found == role_words.end() ? NodeRole::unknown : found->second;
}

std::string_view name_of(NodeRole role) {
  const auto* found = std::find_if(role_words.begin(), role_words.end(),
                                   [&](const auto& entry) { return entry.second == role; });
  return found == role_words.end() ? "unknown" : found->first;
}

Result<NodeStatus> parse_node_status(std::string_view body) {
  const auto document = parse_json_object("node status", body);
  if (!document) return tl::make_unexpected(document.error());
  std::optional<Error> error;
  JsonFields fields(*document, "node status: ", error);

  NodeStatus status;
  status.state = fields.required_name("state");
  status.role_text = fields.required_name("role");
  status.role = node_role(status.role_text);
  status.timeline = fields.number_as<std::uint32_t>("timeline");
  if (const auto* xlog = fields.object("xlog")) {
    JsonFields positions(*xlog, "node status: xlog.", error);
    status.location = positions.number_as<std::uint64_t>("location");
    status.received_location = positions.number_as<std::uint64_t>("received_location");
    status.replayed_location = positions.number_as<std::uint64_t>("replayed_location");
  }
  status.replication_state = fields.name("replication_state");
  status.sync_standby = fields.flag("sync_standby");
  status.quorum_standby = fields.flag("quorum_standby");
  status.pause = fields.flag("pause");
  status.cluster_unlocked = fields.flag("cluster_unlocked");
  status.failsafe_mode_is_active = fields.flag("failsafe_mode_is_active");
  status.pending_restart = fields.flag("pending_restart");
  status.dcs_last_seen = fields.number_as<std::int64_t>("dcs_last_seen");
  status.server_version = fields.number_as<std::uint32_t>("server_version");
  status.tags = read_tags(fields, "tags");
  status.postmaster_start_time = fields.name("postmaster_start_time");
  status.system_identifier = fields.name("database_system_identifier");
  if (const auto* patroni = fields.object("patroni")) {
    JsonFields names(*patroni, "node status: patroni.", error);
    status.patroni_version = names.name("version");
    status.scope = names.name("scope");
    status.name = names.name("name");
  }
  if (error) return tl::make_unexpected(std::move(*error));
  return status;
}

}  // namespace tamada::patroni
