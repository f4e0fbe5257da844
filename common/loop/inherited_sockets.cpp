#include "common/loop/inherited_sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "common/loop/socket_options.h"

namespace tamada::loop {

namespace {

constexpr int first_descriptor = 3;
constexpr int most_descriptors = 1 << 16;

int number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return -1;
  const std::string_view digits(text);
  int number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size() ? number : -1;
}

int option_of(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : 0;
}

std::string path_of(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  constexpr std::size_t begin = offsetof(sockaddr_un, sun_path);
  if (address.sun_family != AF_UNIX || size <= begin || address.sun_path[0] == '\0') return {};
  const std::string_view bytes(address.sun_path, size - begin);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

bool is_socket_file(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

}  // namespace

InheritedSockets InheritedSockets::from_environment() {
  InheritedSockets all;
  const int pid = number_in("LISTEN_PID");
  const int count = number_in("LISTEN_FDS");
  const char* const listed = std::getenv("LISTEN_FDNAMES");
  std::string_view names(listed == nullptr ? "" : listed);
  for (int i = 0; pid == ::getpid() && i < std::min(count, most_descriptors); ++i) {
    const auto end = std::min(names.find(':'), names.size());
    const std::string name(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
    if (::fcntl(first_descriptor + i, F_GETFD) < 0) continue;
    all.entries_.push_back(look_at(UniqueFd(first_descriptor + i), name));
  }
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  return all;
}

InheritedSockets::Entry InheritedSockets::look_at(UniqueFd fd, std::string name) {
  Entry entry;
  entry.name = std::move(name);
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  entry.listens = option_of(fd.get(), SOL_SOCKET, SO_ACCEPTCONN) != 0 &&
                  option_of(fd.get(), SOL_SOCKET, SO_TYPE) == SOCK_STREAM;
  if (entry.listens) {
    make_nonblocking(fd.get());
    entry.address = socket_address(fd.get());
    entry.ipv6_only = entry.address.is_ipv6() && option_of(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY) != 0;
    if (!entry.address.is_set()) entry.path = path_of(fd.get());
  }
  entry.fd = std::move(fd);
  return entry;
}

InheritedSocket InheritedSockets::take(const Address& address, bool ipv6_only) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.listens && entry.address.is_set() && entry.address.is_ipv6() == address.is_ipv6() &&
           entry.address == address && entry.ipv6_only == (ipv6_only && address.is_ipv6());
  });
  if (found == entries_.end()) return {};
  InheritedSocket socket{std::move(found->fd), !found->name.starts_with(own_name)};
  entries_.erase(found);
  taken_.push_back(address.to_string());
  return socket;
}

InheritedSocket InheritedSockets::take(const std::string& path) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.listens && !entry.path.empty() && entry.path == path;
  });
  if (found == entries_.end() || !is_socket_file(path)) return {};
  InheritedSocket socket{std::move(found->fd), !found->name.starts_with(own_name)};
  entries_.erase(found);
  taken_.push_back(path);
  return socket;
}

UniqueFd InheritedSockets::take_named(std::string_view name) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  if (found == entries_.end()) return {};
  UniqueFd fd = std::move(found->fd);
  entries_.erase(found);
  return fd;
}

std::vector<std::string> InheritedSockets::own_names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (entry.name.starts_with(own_name)) names.push_back(entry.name);
  }
  return names;
}

std::vector<std::string> InheritedSockets::end_own_beside(const std::vector<Address>& wanted) {
  std::vector<std::string> ended;
  std::erase_if(entries_, [&](const Entry& entry) {
    const bool own = entry.listens && entry.address.is_set() && entry.name.starts_with(own_name);
    if (!own || std::find(wanted.begin(), wanted.end(), entry.address) != wanted.end()) return false;
    ::shutdown(entry.fd.get(), SHUT_RD);
    ended.push_back(entry.address.to_string());
    return true;
  });
  return ended;
}

std::vector<std::string> InheritedSockets::close_rest() {
  std::vector<std::string> closed;
  for (const Entry& entry : entries_) {
    const std::string place = entry.address.is_set() ? entry.address.to_string() : entry.path;
    const bool again = std::find(taken_.begin(), taken_.end(), place) != taken_.end();
    if (again) continue;
    closed.push_back(place.empty() ? "no listening socket (" + entry.name + ")" : place);
  }
  entries_.clear();
  return closed;
}

}  // namespace tamada::loop
