// merge_documents(): several YAML documents as one, as Patroni merges the files of a directory.
#pragma once

#include <vector>

#include "common/config/yaml_tree.h"

namespace tamada {

// Later ones win: maps are merged, whatever is no map on both sides is replaced, and null takes away what an
// earlier document gave; where none gave anything, null stays. An empty document changes nothing.
//
// Each place says by `file` which document it is of (its index here). Whole only if all are. Of no documents:
// an empty one.
YamlDocument merge_documents(std::vector<YamlDocument> documents);

// The same for one tree over another, whose places stay as they are.
void merge_tree(YamlNode& base, YamlNode later);

}  // namespace tamada
