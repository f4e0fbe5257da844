// Which folders to watch so that no change of what a path leads to goes unseen.
#pragma once

#include <string>
#include <vector>

namespace tamada::loop {

// Walks the path as the kernel would, part by part, and lists (sorted, once each, without links in them)
// every folder in which a step could be replaced: the one that holds the file, and the one that holds each
// symbolic link on the way, also links that are folders. Where a part is missing, the folder it is missing
// from is the last. Loops of links end after 40 steps, as in the kernel. Only lstat and readlink are called.
[[nodiscard]] std::vector<std::string> folders_on_the_way(const std::string& path);

}  // namespace tamada::loop
