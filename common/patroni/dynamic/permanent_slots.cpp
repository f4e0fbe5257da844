#include "common/patroni/dynamic/permanent_slots.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

#include "common/base/utf8.h"

namespace tamada::patroni {

namespace {

constexpr std::size_t longest_name = 63;  // PostgreSQL's NAMEDATALEN - 1

bool is_slot_name(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), good);
}

std::string text_under(const ConfigValue& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !python_truth(*found) ? std::string() : python_text(*found);
}

// The slot, or what is wrong with it.
std::optional<PermanentSlot> slot_of(const std::string& name, const ConfigValue& value, std::string& wrong) {
  PermanentSlot slot;
  slot.name = name;
  if (!is_slot_name(name)) {
    wrong = "no name of a slot; expected lower-case letters, digits and _, at most 63";
    return std::nullopt;
  }
  if (!python_truth(value)) return slot;
  if (!value.is_object()) {
    wrong = fmt::format("found \"{}\"; expected settings such as {{type: physical}}",
                        shortened(python_text(value), 60));
    return std::nullopt;
  }
  slot.database = text_under(value, "database");
  slot.plugin = text_under(value, "plugin");
  slot.cluster_type = text_under(value, "cluster_type");
  const std::string type = text_under(value, "type");
  const bool complete = !slot.database.empty() && !slot.plugin.empty();
  if (type == "logical" || (type.empty() && complete)) {
    slot.type = PermanentSlot::Type::logical;
  } else if (!type.empty() && type != "physical") {
    wrong = fmt::format("type \"{}\"; expected physical or logical", shortened(type, 60));
    return std::nullopt;
  }
  if (slot.type == PermanentSlot::Type::logical && !complete) {
    wrong = "a logical slot needs a database and a plugin";
    return std::nullopt;
  }
  return slot;
}

}  // namespace

std::vector<PermanentSlot> read_permanent_slots(const std::string& key, const ConfigValue& value,
                                                std::vector<DynamicFinding>& findings) {
  std::vector<PermanentSlot> slots;
  for (const auto& [name, item] : value.items()) {
    std::string wrong;
    if (auto slot = slot_of(name, item, wrong)) {
      slots.push_back(*std::move(slot));
    } else {
      findings.push_back({FindingKind::invalid, fmt::format("{}.{}", key, name), std::move(wrong)});
    }
  }
  return slots;
}

std::vector<IgnoredSlot> read_ignored_slots(const ConfigValue& value, std::vector<DynamicFinding>& findings) {
  std::vector<IgnoredSlot> slots;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const ConfigValue& item = value[i];
    const std::string key = fmt::format("ignore_slots[{}]", i);
    if (!item.is_object()) {
      findings.push_back({FindingKind::invalid, key,
                          fmt::format("found \"{}\"; expected at least one of name, type, database, plugin",
                                      shortened(python_text(item), 60))});
      continue;
    }
    IgnoredSlot slot;
    for (const auto& [field, text] : item.items()) {
      auto* target = field == "name"       ? &slot.name
                     : field == "type"     ? &slot.type
                     : field == "database" ? &slot.database
                     : field == "plugin"   ? &slot.plugin
                                           : nullptr;
      if (target == nullptr) {
        findings.push_back({FindingKind::unknown, fmt::format("{}.{}", key, field),
                            "no property of a slot; expected name, type, database or plugin"});
      } else if (python_truth(text)) {
        *target = python_text(text);
      }
    }
    // As Patroni: a condition that is not understood is none. It keeps a slot too many, and drops none too many.
    if (slot == IgnoredSlot{}) {
      findings.push_back({FindingKind::adjusted, key, "names no property, so that every slot is left alone"});
    }
    slots.push_back(std::move(slot));
  }
  return slots;
}

}  // namespace tamada::patroni
