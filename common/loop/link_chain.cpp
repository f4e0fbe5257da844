#include "common/loop/link_chain.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <deque>
#include <string_view>

namespace tamada::loop {

namespace {

constexpr int most_links = 40;

// The parts of `path`, to be walked before those already in `parts`.
void put_in_front(std::deque<std::string>& parts, std::string_view path) {
  std::vector<std::string> fresh;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") fresh.emplace_back(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  parts.insert(parts.begin(), fresh.begin(), fresh.end());
}

std::string parent_of(const std::string& folder) {
  const auto slash = folder.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : folder.substr(0, slash);
}

std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = readlink(path.c_str(), text.data(), text.size());
  return size <= 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

std::string working_folder() {
  std::array<char, PATH_MAX> text{};
  return getcwd(text.data(), text.size()) != nullptr ? std::string(text.data()) : "/";
}

}  // namespace

std::vector<std::string> folders_on_the_way(const std::string& path) {
  std::vector<std::string> folders;
  std::deque<std::string> parts;
  put_in_front(parts, path);
  if (!path.starts_with('/')) put_in_front(parts, working_folder());

  std::string here = "/";  // never has a link in it
  for (int links = 0; !parts.empty() && links <= most_links;) {
    const std::string part = parts.front();
    parts.pop_front();
    if (part == "..") {
      here = parent_of(here);
      continue;
    }
    const std::string next = here == "/" ? "/" + part : here + "/" + part;
    struct stat status {};
    const bool missing = lstat(next.c_str(), &status) != 0;
    const bool is_link = !missing && S_ISLNK(status.st_mode);
    if (missing || is_link || parts.empty()) folders.push_back(here);
    if (missing) break;
    if (!is_link) {
      here = next;
      continue;
    }
    ++links;
    const std::string target = read_link(next);
    if (target.starts_with('/')) here = "/";
    put_in_front(parts, target);
  }
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

}  // namespace tamada::loop
