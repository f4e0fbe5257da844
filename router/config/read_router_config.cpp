// The parts of load_router_config.h that touch the machine: files and the process's environment.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "router/config/load_router_config.h"

namespace tamada::router {

namespace {

class File {
 public:
  // O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
  explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> cannot_read(const std::string& path, const std::string& why) {
  return fail(ErrorKind::system, fmt::format("cannot read {}: {}", path, why));
}

std::string words_for_errno() {
  std::array<char, 128> buffer{};
  return ::strerror_r(errno, buffer.data(), buffer.size());
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t limit) {
  const File file(path);
  struct stat status {};
  if (file.fd() < 0 || ::fstat(file.fd(), &status) != 0) return cannot_read(path, words_for_errno());
  if (S_ISDIR(status.st_mode)) return cannot_read(path, "it is a directory; expected a file");
  if (!S_ISREG(status.st_mode)) return cannot_read(path, "it is not a regular file");
  std::string content;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.fd(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, words_for_errno());
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > limit) return cannot_read(path, fmt::format("it is larger than {} bytes", limit));
  }
}

LoadedConfig read_router_config(const std::string& path, const Environment& environment,
                                const Machine& machine) {
  if (path.empty()) return load_router_config("", "environment", environment, machine);
  auto text = read_small_file(path);
  if (!text) return tl::make_unexpected(std::vector<ConfigError>{{path, 0, 0, "", text.error().message}});
  return load_router_config(*text, path, environment, machine);
}

LoadedConfig read_router_config(const std::string& path, const Environment& environment) {
  return read_router_config(path, environment,
                            {[](const std::string& file) { return read_small_file(file); }});
}

Result<std::string> read_password_file(const std::string& path) {
  constexpr std::size_t longest = 4096;
  const auto content = read_small_file(path, longest);
  if (!content) return content;
  return password_in(*content, path);
}

Environment tamada_environment() {
  Environment found;
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const auto equals = text.find('=');
    if (!text.starts_with("TAMADA_") || equals == std::string_view::npos) continue;
    found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

}  // namespace tamada::router
