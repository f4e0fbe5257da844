#include "common/patroni/history_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>

#include "common/patroni/loose_fields.h"
#include "common/patroni/patroni_tags.h"
#include "common/patroni/python_value.h"

namespace tamada::patroni {
namespace {

using Json = nlohmann::ordered_json;

constexpr JsonLimits history_limits{.size = std::size_t{512} * 1024, .values = 10'000, .depth = 4};

std::optional<std::string> text_of(const Json& json, std::size_t most) {
  if (!json.is_string()) return std::nullopt;
  auto text = json.get<std::string>();
  if (!is_plain_text(text, most)) return std::nullopt;
  return text;
}

std::optional<HistoryEntry> read_entry(const Json& json) {
  if (!json.is_array() || json.size() < 3 || json.size() > 5) return std::nullopt;
  const auto timeline = PythonValue::of(json[0]).as_int();
  const auto lsn = PythonValue::of(json[1]).as_int();
  const auto reason = text_of(json[2], json_text_max);
  const bool in_range = timeline && *timeline > 0 && *timeline <= std::numeric_limits<std::uint32_t>::max();
  if (!in_range || !lsn || *lsn < 0 || !reason) return std::nullopt;
  HistoryEntry entry{
      static_cast<std::uint32_t>(*timeline), static_cast<std::uint64_t>(*lsn), *reason, {}, {}};
  if (json.size() > 3) {
    entry.time = text_of(json[3], name_max);
    if (!entry.time) return std::nullopt;
  }
  if (json.size() > 4) {
    entry.new_leader = text_of(json[4], name_max);
    if (!entry.new_leader) return std::nullopt;
  }
  return entry;
}

}  // namespace

Reading<HistoryValue> read_history_value(std::string_view value) {
  Reading<HistoryValue> reading;
  auto json = parse_json_in_order("the value", value, history_limits);
  if (!json || !json->is_array()) {
    reading.note(json ? fmt::format("found {}, expected a list", describe_json(*json))
                      : json.error().message);
    return reading;
  }
  const std::size_t first = json->size() > history_max ? json->size() - history_max : 0;
  for (std::size_t i = first; i < json->size(); ++i) {
    if (auto entry = read_entry((*json)[i])) {
      reading.value.entries.push_back(*std::move(entry));
    } else {
      reading.note(
          fmt::format("[{}]: expected a timeline, a position, a reason, and perhaps a time and a leader", i));
    }
  }
  return reading;
}

std::string write_history_value(const HistoryValue& value) {
  Json json = Json::array();
  for (const HistoryEntry& entry : value.entries) {
    Json line = Json::array({entry.timeline, entry.lsn, entry.reason});
    if (entry.time) line.push_back(*entry.time);
    if (entry.time && entry.new_leader) line.push_back(*entry.new_leader);
    json.push_back(std::move(line));
  }
  return compact_json(json);
}

}  // namespace tamada::patroni
