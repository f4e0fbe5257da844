#include "router/stats/api/api_json.h"

#include <algorithm>
#include <array>

#include "router/stats/api/api_sections.h"

namespace tamada::router {
namespace {

using api::Json;

struct Section {
  std::string_view name;
  Json (*render)(const StatsSnapshot&);
};

constexpr std::array<Section, 9> all_sections{{{"router", api::router_section},
                                               {"config", api::config_section},
                                               {"cluster", api::cluster_section},
                                               {"leader", api::leader_section},
                                               {"disagreements", api::disagreements_section},
                                               {"nodes", api::nodes_section},
                                               {"listeners", api::listeners_section},
                                               {"failovers", api::failovers_section},
                                               {"history", api::history_section}}};

const Section* find_section(std::string_view name) {
  const auto* found = std::find_if(all_sections.begin(), all_sections.end(),
                                   [name](const Section& section) { return section.name == name; });
  return found == all_sections.end() ? nullptr : found;
}

// What /SECTION/KEY may name an element by.
struct Key {
  std::string_view section;
  std::vector<std::string_view> fields;
};
const std::array<Key, 3>& keys() {
  static const std::array<Key, 3> all{
      {{"nodes", {"name", "configured_name"}}, {"listeners", {"name"}}, {"failovers", {"number"}}}};
  return all;
}

bool is_named(const Json& element, std::string_view field, std::string_view key) {
  const Json& value = element.at(std::string(field));
  return value.is_string() ? value.get_ref<const std::string&>() == key : value.dump() == key;
}

}  // namespace

std::string StateSections::whole() const {
  return changes_since({});
}

std::string StateSections::changes_since(const StateSections& before) const {
  std::string text = "{\"now_at\":" + now_at + ",\"snapshot\":" + snapshot;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto& [name, json] = sections[i];
    if (i < before.sections.size() && before.sections[i].second == json) continue;
    text.append(",\"").append(name).append("\":").append(json);
  }
  return text + "}";
}

StateSections state_sections(const StatsSnapshot& snapshot) {
  StateSections all;
  all.now_at = api::text_of(api::at(snapshot.wall_now));
  all.snapshot = std::to_string(snapshot.number);
  all.sections.reserve(all_sections.size());
  for (const Section& section : all_sections) {
    all.sections.emplace_back(section.name, api::text_of(section.render(snapshot)));
  }
  return all;
}

std::string state_json(const StatsSnapshot& snapshot) {
  return state_sections(snapshot).whole();
}

std::optional<std::string> section_json(const StatsSnapshot& snapshot, std::string_view section) {
  const Section* found = find_section(section);
  if (found == nullptr) return std::nullopt;
  return api::text_of(found->render(snapshot));
}

std::optional<std::string> item_json(const StatsSnapshot& snapshot, std::string_view section,
                                     std::string_view key) {
  const auto* by = std::find_if(keys().begin(), keys().end(),
                                [section](const Key& known) { return known.section == section; });
  if (by == keys().end()) return std::nullopt;
  const Json elements = find_section(section)->render(snapshot);
  // A name that a node gives itself comes before one that another node was configured by.
  for (const std::string_view field : by->fields) {
    for (const Json& element : elements) {
      if (is_named(element, field, key)) return api::text_of(element);
    }
  }
  return std::nullopt;
}

}  // namespace tamada::router
