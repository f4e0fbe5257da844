#include "agent/log/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "common/base/errno_text.h"

namespace tamada::agent {

Result<LogFile> LogFile::open(Plan plan) {
  LogFile file(std::move(plan));
  if (auto opened = file.open_file(); !opened) return tl::make_unexpected(opened.error());
  return file;
}

std::string LogFile::path(std::uint32_t number) const {
  return plan_.folder + "/patroni.log" + (number == 0 ? "" : "." + std::to_string(number));
}

Result<void> LogFile::open_file() {
  // O_NONBLOCK: a pipe in its place that nobody reads must not hold us here.
  UniqueFd fresh(
      ::open(path(0).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666));
  struct stat status {};
  if (!fresh.is_open() || fstat(fresh.get(), &status) != 0) {
    return fail(ErrorKind::system, "cannot open the log " + path(0) + ": " + describe_errno(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::system, "cannot open the log " + path(0) + ": it is not a file");
  }
  if (plan_.mode && fchmod(fresh.get(), static_cast<mode_t>(*plan_.mode)) != 0) {
    return fail(ErrorKind::system,
                "cannot change the permissions of the log " + path(0) + ": " + describe_errno(errno));
  }
  file_ = std::move(fresh);
  filled_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

Result<void> LogFile::make_room(std::uint64_t bytes) {
  if (plan_.size == 0 || plan_.older == 0 || filled_ == 0 || filled_ + bytes <= plan_.size) return {};
  filled_ = 0;
  return rotate();
}

Result<void> LogFile::rotate() {
  for (std::uint32_t number = plan_.older; number > 0; --number) {
    if (std::rename(path(number - 1).c_str(), path(number).c_str()) != 0 && errno != ENOENT) {
      return fail(ErrorKind::system,
                  "cannot rename the log " + path(number - 1) + ": " + describe_errno(errno));
    }
  }
  return open_file();
}

}  // namespace tamada::agent
