#include "agent/server/watch/space_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>

namespace tamada::agent {

std::vector<DiskSpace> disk_space(const std::string& data_dir) {
  std::vector<DiskSpace> disks;
  for (const std::string& folder : {data_dir, data_dir + "/pg_wal"}) {
    struct stat information {};
    struct statvfs space {};
    if (::stat(folder.c_str(), &information) != 0 || ::statvfs(folder.c_str(), &space) != 0) continue;
    const std::uint64_t size = space.f_frsize != 0 ? space.f_frsize : space.f_bsize;
    disks.push_back({folder, information.st_dev, space.f_bavail * size});
  }
  return disks;
}

std::string full_disk_words(const std::vector<DiskSpace>& disks) {
  std::string words;
  for (auto disk = disks.begin(); disk != disks.end(); ++disk) {
    const auto is_same = [&](const DiskSpace& other) { return other.device == disk->device; };
    if (disk->free >= SpaceWatch::least || std::any_of(disks.begin(), disk, is_same)) continue;
    words += fmt::format("{}the disk of {} is full: {} kB are left", words.empty() ? "" : "; ", disk->folder,
                         disk->free / 1024);
  }
  return words;
}

SpaceWatch::SpaceWatch(loop::Loop& loop, std::function<void()> on_change)
    : loop_(loop), on_change_(std::move(on_change)), timer_(loop, [this] { look(); }) {}

void SpaceWatch::use(const std::string& data_dir) {
  data_dir_ = data_dir;
  if (!timer_.is_active()) timer_.start_repeating(look_every);
}

void SpaceWatch::look() {
  // A disk that does not answer keeps one thread, not one for each look.
  if (task_ && task_->is_running()) return;
  task_ = std::make_unique<loop::BlockingTask>(
      loop_, "disk-space",
      [data_dir = data_dir_](const std::stop_token& /*stop*/) { return disk_space(data_dir); },
      [this](const Result<std::vector<DiskSpace>>& disks) {
        if (disks) take(*disks);
      },
      0s);
}

void SpaceWatch::take(const std::vector<DiskSpace>& disks) {
  const std::string words = full_disk_words(disks);
  // How much is left changes with each look, and is worth no line.
  if (words.empty() == problem_.empty()) return;
  problem_ = words;
  on_change_();
}

}  // namespace tamada::agent
