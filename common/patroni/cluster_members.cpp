#include "common/patroni/cluster_members.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include "common/json/json_reader.h"
#include "common/patroni/patroni_tags.h"

namespace tamada::patroni {

namespace {

ClusterMember read_member(JsonFields& fields) {
  ClusterMember member;
  member.name = fields.required_name("name");
  member.role = fields.required_name("role");
  member.state = fields.name("state");
  member.api_url = fields.text("api_url");
  member.host = fields.text("host");
  member.port = static_cast<std::uint16_t>(fields.number("port", 65535, 1).value_or(0));
  member.timeline = fields.number_as<std::uint32_t>("timeline");
  const auto* lag = fields.any("lag");
  if (lag != nullptr && lag->is_string()) {
    if (*lag != "unknown") fields.refuse("lag", *lag, "a whole number or \"unknown\"");
  } else {
    member.lag = fields.number_as<std::uint64_t>("lag");
  }
  member.pending_restart = fields.flag("pending_restart");
  member.tags = read_tags(fields, "tags");
  return member;
}

}  // namespace

const ClusterMember* ClusterMembers::leader() const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [](const ClusterMember& member) { return member.is_leader(); });
  return found == members.end() ? nullptr : &*found;
}

Result<ClusterMembers> parse_cluster_members(std::string_view body) {
  const auto document = parse_json_object("cluster", body);
  if (!document) return tl::make_unexpected(document.error());
  std::optional<Error> error;
  JsonFields fields(*document, "cluster: ", error);

  ClusterMembers cluster;
  cluster.scope = fields.name("scope");
  cluster.pause = fields.flag("pause");
  if (const auto* scheduled = fields.object("scheduled_switchover")) {
    JsonFields parts(*scheduled, "cluster: scheduled_switchover.", error);
    cluster.scheduled_switchover =
        ScheduledSwitchover{parts.required_name("at"), parts.name("from"), parts.name("to")};
  }
  const auto* members = fields.list("members");
  if (members == nullptr) {
    fields.refuse("members", "missing, expected a list");
  } else if (members->size() > members_max) {
    fields.refuse("members", fmt::format("{} of them, expected at most {}", members->size(), members_max));
  }
  std::set<std::string, std::less<>> names;
  for (std::size_t i = 0; members != nullptr && i < members->size() && !error; ++i) {
    const std::string key = fmt::format("members[{}]", i);
    const auto& source = (*members)[i];
    if (!source.is_object()) {
      fields.refuse(key, source, "an object");
      break;
    }
    JsonFields member_fields(source, "cluster: " + key + ".", error);
    ClusterMember member = read_member(member_fields);
    if (!names.insert(member.name).second) member_fields.refuse("name", "another member has the same");
    if (member.is_leader() && cluster.leader() != nullptr) {
      member_fields.refuse("role", fmt::format("a second leader besides \"{}\"", cluster.leader()->name));
    }
    cluster.members.push_back(std::move(member));
  }
  if (error) return tl::make_unexpected(std::move(*error));
  return cluster;
}

}  // namespace tamada::patroni
