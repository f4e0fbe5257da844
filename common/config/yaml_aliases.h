// YamlAliases: the anchors of a document that is being read, and what their aliases and merge keys stand for.
// Inner part of yaml_tree.cpp.
//
// Bounded: every copy made, that of an anchor included, is paid for out of `max_yaml_alias_bytes`, before it
// is made; a copy is never nested deeper than `max_yaml_depth`.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/yaml_tree.h"

namespace tamada {

class YamlAliases {
 public:
  // `anchor`: yaml-cpp's number. The node is complete; an alias within itself finds nothing.
  [[nodiscard]] Result<void> keep(std::size_t anchor, const YamlNode& node);

  // A copy, for a place within `depth` lists and maps.
  [[nodiscard]] Result<YamlNode> expand(std::size_t anchor, std::size_t depth);

 private:
  struct Anchored {
    YamlNode node;
    std::size_t bytes = 0;
    std::size_t depth = 0;
  };
  [[nodiscard]] Result<void> pay(std::size_t bytes);

  std::map<std::size_t, Anchored> anchored_;
  std::size_t paid_ = 0;
};

// Is it the key of what is to be merged into its map? Not in quotes.
bool is_merge_key(const YamlKey& key);

// What of `merged` (a map or a list of maps) the map does not have goes into it; of what several have, the
// map's own counts, then that of the earlier. In PyYAML's order: the last source's entries first, the map's
// own last.
[[nodiscard]] Result<void> merge_entries(YamlNode& map, YamlNode merged);

}  // namespace tamada
