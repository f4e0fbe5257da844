// Is a folder the root of a mount? Such a folder can neither be renamed nor removed.
#pragma once

#include <string>
#include <string_view>

namespace tamada::agent {

// By /proc/self/mountinfo (proc(5)), which also knows bind mounts of the same device; where that cannot be read, by
// the device of the folder and of its parent. `path`: absolute, without links.
[[nodiscard]] bool is_mount_point(const std::string& path);

// Does a mount stand at `path`? `mountinfo`: the file's text, in which blanks are written \040. Pure.
[[nodiscard]] bool lists_mount_point(std::string_view mountinfo, std::string_view path);

}  // namespace tamada::agent
