#include "common/loop/file_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "common/loop/clock.h"
#include "common/loop/link_chain.h"

namespace tamada::loop {

namespace {

constexpr std::uint32_t any_change = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY |
                                     IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

long long nanoseconds(const timespec& time) {
  return static_cast<long long>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileWatch::FileWatch(Loop& loop, std::string path, std::function<void()> on_change)
    : FileWatch(loop, std::move(path), std::move(on_change), Options{}) {}

FileWatch::FileWatch(Loop& loop, std::string path, std::function<void()> on_change, const Options& options)
    : loop_(loop),
      path_(std::move(path)),
      options_(options),
      on_change_(std::move(on_change)),
      watch_(loop, *this),
      settle_(loop, [this] { check(); }),
      recheck_(loop, [this] { check(); }) {
  loop_.count(HandleKind::file_watch, 1);
  if (options_.use_inotify) inotify_.reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (inotify_.is_open()) {
    watch_.open(inotify_.get());
    if (!watch_.want(true, false)) {
      watch_.close();
      inotify_.reset();
    }
  }
  // First watch, then look: a change in between is seen by the one or the other.
  watch_folders();
  seen_ = look();
  recheck_.start_repeating(options_.recheck);
}

FileWatch::~FileWatch() {
  loop_.count(HandleKind::file_watch, -1);
}

void FileWatch::on_ready(std::uint32_t) noexcept {
  // What exactly happened does not matter: the file is looked at anyway.
  std::array<char, 4096> events{};
  while (::read(inotify_.get(), events.data(), events.size()) > 0) continue;
  const TimePoint now = boot_now();
  if (!unsettled_) unsettled_since_ = now;
  unsettled_ = true;
  // Someone who writes without end must not hide the change for ever.
  if (now - unsettled_since_ < 9 * options_.settle || !settle_.is_active()) settle_.start(options_.settle);
}

void FileWatch::check() {
  unsettled_ = false;
  settle_.stop();
  watch_folders();
  const Fingerprint now = look();
  if (now == seen_) return;
  seen_ = now;
  // The callback may destroy this object: last statement, on a copy.
  const std::function<void()> tell = on_change_;
  tell();
}

void FileWatch::watch_folders() {
  if (!inotify_.is_open()) return;
  // Adding a folder that is watched already answers the number it has. The same path may be another folder by
  // now; then it gets a new one. (Closing the whole inotify descriptor instead would wait for the kernel,
  // tens of ms.)
  std::map<int, std::string> watched;
  for (const std::string& folder : folders_on_the_way(path_)) {
    const int number = inotify_add_watch(inotify_.get(), folder.c_str(), any_change | IN_ONLYDIR);
    if (number >= 0) watched.emplace(number, folder);
  }
  for (const auto& [number, folder] : watched_) {
    if (!watched.contains(number)) inotify_rm_watch(inotify_.get(), number);
  }
  watched_ = std::move(watched);
}

std::vector<std::string> FileWatch::watched_folders() const {
  std::vector<std::string> folders;
  for (const auto& [number, folder] : watched_) folders.push_back(folder);
  return folders;
}

FileWatch::Fingerprint FileWatch::look() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

}  // namespace tamada::loop
