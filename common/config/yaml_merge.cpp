#include "common/config/yaml_merge.h"

#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace tamada {

namespace {

void number_places(YamlNode& node, std::size_t file) {
  node.place.file = file;
  for (YamlNode& item : node.items) number_places(item, file);
  for (YamlEntry& entry : node.entries) {
    entry.key.place.file = file;
    number_places(entry.value, file);
  }
}

void merge(YamlNode& base, YamlNode&& later) {
  base.complete = base.complete && later.complete;
  std::unordered_map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < base.entries.size(); ++i) known.emplace(base.entries[i].key.text, i);
  std::set<std::string> taken_away;
  for (YamlEntry& entry : later.entries) {
    const auto found = known.find(entry.key.text);
    if (found == known.end()) {
      base.entries.push_back(std::move(entry));
      continue;
    }
    YamlEntry& old = base.entries[found->second];
    const bool both = old.value.kind == YamlNode::Kind::map && entry.value.kind == YamlNode::Kind::map;
    if (both) {
      merge(old.value, std::move(entry.value));
    } else if (entry.value.kind == YamlNode::Kind::null) {
      taken_away.insert(entry.key.text);
    } else {
      old = std::move(entry);
    }
  }
  std::erase_if(base.entries, [&](const YamlEntry& entry) { return taken_away.contains(entry.key.text); });
}

}  // namespace

YamlDocument merge_documents(std::vector<YamlDocument> documents) {
  YamlDocument merged;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    YamlDocument& next = documents[i];
    number_places(next.root, i);
    merged.whole = merged.whole && next.whole;
    merge_tree(merged.root, std::move(next.root));
  }
  return merged;
}

void merge_tree(YamlNode& base, YamlNode later) {
  if (later.kind == YamlNode::Kind::null) return;  // an empty file
  if (base.kind == YamlNode::Kind::map && later.kind == YamlNode::Kind::map) {
    merge(base, std::move(later));
  } else {
    base = std::move(later);
  }
}

}  // namespace tamada
