#include "common/config/yaml_aliases.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace tamada {

namespace {

std::size_t bytes_of(const YamlNode& node) {
  std::size_t bytes = sizeof(YamlNode) + node.text.size();
  for (const YamlNode& item : node.items) bytes += bytes_of(item);
  for (const YamlEntry& entry : node.entries) {
    bytes += sizeof(YamlKey) + entry.key.text.size() + bytes_of(entry.value);
  }
  return bytes;
}

// Lists and maps, one within the other; 0 for a scalar.
std::size_t depth_of(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::list && node.kind != YamlNode::Kind::map) return 0;
  std::size_t deepest = 0;
  for (const YamlNode& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const YamlEntry& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

}  // namespace

Result<void> YamlAliases::pay(std::size_t bytes) {
  if (bytes > max_yaml_alias_bytes - paid_) {
    return fail(
        ErrorKind::too_large,
        fmt::format("the aliases stand for more than {} bytes; write less with them", max_yaml_alias_bytes));
  }
  paid_ += bytes;
  return {};
}

Result<void> YamlAliases::keep(std::size_t anchor, const YamlNode& node) {
  const std::size_t bytes = bytes_of(node);
  if (auto paid = pay(bytes); !paid) return paid;
  anchored_[anchor] = {node, bytes, depth_of(node)};
  return {};
}

Result<YamlNode> YamlAliases::expand(std::size_t anchor, std::size_t depth) {
  const auto found = anchored_.find(anchor);
  if (found == anchored_.end()) {
    return fail(ErrorKind::invalid,
                "an alias (*name) stands within what it names; expected one outside of it");
  }
  if (depth + found->second.depth > max_yaml_depth) {
    return fail(ErrorKind::too_large, fmt::format("nested deeper than {} levels", max_yaml_depth));
  }
  if (auto paid = pay(found->second.bytes); !paid) return tl::make_unexpected(paid.error());
  return found->second.node;
}

bool is_merge_key(const YamlKey& key) {
  return !key.quoted && key.text == "<<";
}

Result<void> merge_entries(YamlNode& map, YamlNode merged) {
  std::vector<YamlNode> sources;
  if (merged.kind == YamlNode::Kind::list) {
    sources = std::move(merged.items);
  } else {
    sources.push_back(std::move(merged));
  }
  std::vector<YamlEntry> entries;
  std::unordered_map<std::string, std::size_t> positions;
  const auto put = [&](YamlEntry entry) {
    const auto [known, is_new] = positions.emplace(entry.key.text, entries.size());
    if (is_new) {
      entries.push_back(std::move(entry));
    } else {
      entries[known->second] = std::move(entry);
    }
  };
  for (auto source = sources.rbegin(); source != sources.rend(); ++source) {
    if (source->kind != YamlNode::Kind::map) {
      return fail(ErrorKind::invalid,
                  "<< takes the alias of a map, or a list of such; write the settings out");
    }
    for (YamlEntry& entry : source->entries) put(std::move(entry));
  }
  for (YamlEntry& entry : map.entries) put(std::move(entry));
  map.entries = std::move(entries);
  return {};
}

}  // namespace tamada
