#include "common/files/state_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/base/errno_text.h"

namespace tamada {

namespace {

// Others may read it, so that a process of another user can say who is in its way.
constexpr mode_t mode = 0644;

bool is_same_file(int a, int b) {
  struct stat first {};
  struct stat second {};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

// "process 4711", as far as the file tells.
std::string holder(int fd) {
  std::array<char, 32> buffer{};
  const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), 0);
  const std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  return digits.empty() ? "another process" : fmt::format("process {}", digits);
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& folder, const Names& names, UniqueFd inherited) {
  StateLock lock;
  lock.folder_ = folder;
  if (folder.empty()) return lock;
  const std::string path = folder + "/" + file_name;
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file.is_open() && errno == EACCES) file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) {
    return fail(ErrorKind::system, fmt::format("cannot open {}: {}", path, describe_errno(errno)));
  }
  if (inherited.is_open() && is_same_file(inherited.get(), file.get())) {
    lock.file_ = std::move(inherited);
    return lock;
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return fail(ErrorKind::system, fmt::format("cannot lock {}: {}", path, describe_errno(errno)));
    }
    return fail(
        ErrorKind::unavailable,
        fmt::format("{0}: {2} is in use by another {1} ({3}); give each {1} a folder of its own, or none",
                    names.setting, names.program, folder, holder(file.get())));
  }
  lock.file_ = std::move(file);
  lock.sign();
  return lock;
}

void StateLock::sign() const {
  if (!file_.is_open()) return;
  const std::string line = fmt::format("{}\n", ::getpid());
  // Only for whoever asks who it is: what cannot be written costs nothing else.
  if (::ftruncate(file_.get(), 0) != 0) return;
  static_cast<void>(!::pwrite(file_.get(), line.data(), line.size(), 0));
}

}  // namespace tamada
