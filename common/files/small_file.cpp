#include "common/files/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/unique_fd.h"

namespace tamada {

namespace {

tl::unexpected<Error> cannot_read(const std::string& path, const std::string& why) {
  return fail(ErrorKind::system, fmt::format("cannot read {}: {}", path, why));
}

std::string words_for_errno() {
  std::array<char, 128> buffer{};
  return ::strerror_r(errno, buffer.data(), buffer.size());
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return cannot_read(path, words_for_errno());
  if (S_ISDIR(status.st_mode)) return cannot_read(path, "it is a directory; expected a file");
  if (!S_ISREG(status.st_mode)) return cannot_read(path, "it is not a regular file");
  std::string content;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, words_for_errno());
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > limit) return cannot_read(path, fmt::format("it is larger than {} bytes", limit));
  }
}

Result<std::string> password_in(std::string_view content, const std::string& path) {
  while (content.ends_with('\n') || content.ends_with('\r')) content.remove_suffix(1);
  if (content.empty())
    return fail(ErrorKind::invalid, fmt::format("{} is empty; expected the password", path));
  return std::string(content);
}

Result<std::string> read_password_file(const std::string& path) {
  constexpr std::size_t longest = 4096;
  const auto content = read_small_file(path, longest);
  if (!content) return content;
  return password_in(*content, path);
}

}  // namespace tamada
