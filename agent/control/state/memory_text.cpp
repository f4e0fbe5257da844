#include "agent/control/state/memory_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>

#include "common/json/json_reader.h"

namespace tamada::agent {
namespace {

using nlohmann::json;

// A revision is written at least so often: an older one than was seen means that etcd was set back.
constexpr std::int64_t revision_step = 1000;

// 0 where there is none.
std::int64_t number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::uint32_t timeline_of(const json& object) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(number_of(object, "timeline"), 0, UINT32_MAX));
}

}  // namespace

std::string write_memory(const ha::StoreMemory& memory) {
  json members = json::array();
  for (const ha::MemberView& member : memory.members) {
    members.push_back({{"name", member.name},
                       {"api_url", member.api_url},
                       {"timeline", member.timeline.value_or(0)},
                       {"left", member.has_left},
                       {"pause", member.is_paused}});
  }
  const json document = {{"store", std::to_string(memory.store_id)},
                         {"revision", memory.revision},
                         {"leader", memory.last_leader},
                         {"timeline", memory.newest_timeline},
                         {"members", std::move(members)}};
  return document.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

Result<ha::StoreMemory> read_memory(const std::string& text) {
  const auto document = parse_json_object("the memory of etcd", text);
  if (!document) return tl::make_unexpected(document.error());
  std::optional<Error> error;
  JsonFields fields(*document, "the memory of etcd", error);
  ha::StoreMemory memory;
  const std::string store = fields.text("store");
  memory.store_id = std::strtoull(store.c_str(), nullptr, 10);
  memory.revision = number_of(*document, "revision");
  memory.last_leader = fields.text("leader");
  memory.newest_timeline = timeline_of(*document);
  if (error) return tl::make_unexpected(*error);
  const auto members = document->find("members");
  if (members == document->end() || !members->is_array()) {
    return fail(ErrorKind::invalid, "the memory of etcd has no list of members");
  }
  for (const json& entry : *members) {
    if (!entry.is_object()) return fail(ErrorKind::invalid, "the memory of etcd has a member that is none");
    JsonFields member(entry, "a member", error);
    ha::MemberView view;
    view.name = member.text("name");
    view.api_url = member.text("api_url");
    view.is_paused = entry.contains("pause") && entry["pause"] == true;
    view.has_left = entry.contains("left") && entry["left"] == true;
    if (const std::uint32_t timeline = timeline_of(entry); timeline != 0) view.timeline = timeline;
    if (error) return tl::make_unexpected(*error);
    memory.members.push_back(std::move(view));
  }
  return memory;
}

bool remember(ha::StoreMemory& memory, const ha::StoreView& view) {
  bool is_new = memory.store_id != view.store_id || view.revision < memory.revision ||
                view.revision > memory.revision + revision_step;
  if (is_new) memory.revision = view.revision;
  memory.store_id = view.store_id;
  if (view.leader && view.leader->name != memory.last_leader) {
    memory.last_leader = view.leader->name;
    is_new = true;
  }
  if (view.newest_timeline > memory.newest_timeline) {
    memory.newest_timeline = view.newest_timeline;
    is_new = true;
  }
  for (const ha::MemberView& member : view.members) {
    const auto known = std::find_if(memory.members.begin(), memory.members.end(),
                                    [&member](const ha::MemberView& one) { return one.name == member.name; });
    if (known == memory.members.end()) {
      memory.members.push_back(member);
      is_new = true;
      continue;
    }
    const std::uint32_t timeline = std::max(known->timeline.value_or(0), member.timeline.value_or(0));
    is_new = is_new || timeline != known->timeline.value_or(0) || known->api_url != member.api_url ||
             known->is_paused != member.is_paused || known->has_left != member.has_left;
    *known = member;
    if (timeline != 0) known->timeline = timeline;
  }
  return is_new;
}

}  // namespace tamada::agent
