#include "common/config/source/watched_files.h"

#include <utility>

namespace tamada {

bool WatchedFiles::watch(const std::set<std::string>& files) {
  bool any_new = false;
  std::map<std::string, std::unique_ptr<loop::FileWatch>> watches;
  for (const std::string& path : files) {
    if (path.empty()) continue;
    std::unique_ptr<loop::FileWatch> watch = std::move(watches_[path]);
    if (watch == nullptr) {
      watch = std::make_unique<loop::FileWatch>(loop_, path, on_change_);
      any_new = true;
    }
    watches.emplace(path, std::move(watch));
  }
  watches_ = std::move(watches);
  return any_new;
}

}  // namespace tamada
