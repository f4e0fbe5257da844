#include "agent/guard/guard_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include "agent/guard/protocol/file_names.h"

namespace tamada::guard {

namespace {

constexpr mode_t lock_mode = 0644;  // so that another user's process can say who is in its way
constexpr int backlog = 4;

__attribute__((format(printf, 2, 3))) void print(std::span<char> out, const char* format, ...) {
  va_list values;
  va_start(values, format);
  std::vsnprintf(out.data(), out.size(), format, values);
  va_end(values);
}

}  // namespace

void GuardFiles::name_socket(const char* data_directory, const char* node, const char* state_directory) {
  print(socket_path, "%s/%s", state_directory, socket_file_name(data_directory, node).data());
}

void GuardFiles::remove_socket() const {
  ::unlink(socket_path.data());
}

GuardFiles::Opened GuardFiles::open(const char* data_directory, const char* node,
                                    const char* state_directory) {
  std::array<char, PATH_MAX> path{};
  print(path, "%s/%s", state_directory, lock_file_name(data_directory).data());
  lock.reset(::open(path.data(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, lock_mode));
  if (!lock.is_open()) {
    print(words, "cannot open the lock %s: %s; the guard's user must be able to write there", path.data(),
          std::strerror(errno));
    return Opened::failed;
  }
  std::array<char, 16> holder{};
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const bool is_held = errno == EWOULDBLOCK;
    if (!is_held) print(words, "cannot lock %s: %s", path.data(), std::strerror(errno));
    if (::pread(lock.get(), holder.data(), holder.size() - 1, 0) < 0) holder = {};
    if (is_held) {
      print(words,
            "the data directory %s is in use by another guard (process %ld); give each agent a data "
            "directory of "
            "its own",
            data_directory, std::strtol(holder.data(), nullptr, 10));
    }
    return is_held ? Opened::in_use : Opened::failed;
  }
  print(holder, "%d\n", static_cast<int>(::getpid()));
  // Only for whoever asks who it is.
  if (::ftruncate(lock.get(), 0) == 0) {
    static_cast<void>(!::pwrite(lock.get(), holder.data(), std::strlen(holder.data()), 0));
  }

  name_socket(data_directory, node, state_directory);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path that is too long for an address is named by its folder's descriptor (proc(5)).
  const UniqueFd folder(::open(state_directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (std::strlen(socket_path.data()) < sizeof address.sun_path) {
    std::strcpy(address.sun_path, socket_path.data());
  } else {
    print(address.sun_path, "/proc/self/fd/%d/%s", folder.get(),
          socket_file_name(data_directory, node).data());
  }
  // Nobody listens behind a file that is there: that one would hold the lock.
  remove_socket();
  listener.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const mode_t others = ::umask(0177);
  const bool is_bound = listener.is_open() &&
                        ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                        ::listen(listener.get(), backlog) == 0;
  if (!is_bound) print(words, "cannot listen on %s: %s", socket_path.data(), std::strerror(errno));
  ::umask(others);
  return is_bound ? Opened::done : Opened::failed;
}

}  // namespace tamada::guard
