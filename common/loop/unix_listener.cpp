#include "common/loop/unix_listener.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "common/base/errno_text.h"

namespace tamada::loop {

namespace {

tl::unexpected<Error> refuse(const std::string& path, ErrorKind kind, const std::string& why) {
  return fail(kind, fmt::format("cannot listen on {}: {}", path, why));
}

tl::unexpected<Error> refuse(const std::string& path, int code) {
  return refuse(path, kind_of_errno(code), describe_errno(code));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd unix_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// Takes a socket away that a dead process left. Anything else stays, and is an error.
Result<void> make_room(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? Result<void>{} : refuse(path, errno);
  if (!S_ISSOCK(found.st_mode)) {
    return refuse(path, ErrorKind::system,
                  "there is a file of that name that is no socket; remove it or choose another name");
  }
  const UniqueFd probe = unix_socket();
  if (!probe.is_open()) return refuse(path, errno);
  // Refused means that nobody listens. Everything else (connected, a full backlog, another kind of socket,
  // not allowed) means that somebody may.
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return refuse(path, EADDRINUSE);
  }
  if (errno == ENOENT) return {};
  if (errno != ECONNREFUSED) return refuse(path, errno == EAGAIN || errno == EPROTOTYPE ? EADDRINUSE : errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return refuse(path, errno);
  return {};
}

Result<void> give(const std::string& path, const FileOwner& owner) {
  if (!owner.uid && !owner.gid) return {};
  constexpr auto same_user = static_cast<uid_t>(-1);
  constexpr auto same_group = static_cast<gid_t>(-1);
  if (::lchown(path.c_str(), owner.uid.value_or(same_user), owner.gid.value_or(same_group)) == 0) return {};
  return tl::make_unexpected(cannot_give(path, owner, errno));
}

}  // namespace

UnixListener::UnixListener(Loop& loop, AcceptCallbacks& callbacks, const ListenOptions& options)
    : loop_(loop), accept_(callbacks), options_(options) {}

UnixListener::~UnixListener() {
  close();
}

Error cannot_give(const std::string& path, const FileOwner& owner, int code) {
  std::string whom;
  if (owner.uid) whom = fmt::format("uid {}", *owner.uid);
  if (owner.gid) whom += fmt::format("{}gid {}", whom.empty() ? "" : ", ", *owner.gid);
  return {
      kind_of_errno(code),
      fmt::format("cannot give {} to {}: {}; only root (CAP_CHOWN) may give a file to another user, or to a "
                  "group that it is not in itself",
                  path, whom, describe_errno(code))};
}

Result<void> UnixListener::bind(const std::string& path, mode_t mode, const FileOwner& owner) {
  assert(!is_open() && !path.empty());
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > longest) {
    return refuse(path, ErrorKind::invalid,
                  fmt::format("the path has {} bytes; a socket's path has at most {}", path.size(), longest));
  }
  const sockaddr_un address = address_of(path);
  if (auto room = make_room(path, address); !room) return room;
  UniqueFd socket = unix_socket();
  if (!socket.is_open()) return refuse(path, errno);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return refuse(path, errno);
  }
  struct stat ours {};
  // Until listen(), whoever connects is refused. First the owner: giving a file away may clear bits of its
  // mode.
  if (auto given = give(path, owner); !given) {
    ::unlink(path.c_str());
    return given;
  }
  if (::chmod(path.c_str(), mode) != 0 || ::lstat(path.c_str(), &ours) != 0 ||
      ::listen(socket.get(), options_.backlog) != 0) {
    const int code = errno;
    ::unlink(path.c_str());
    return refuse(path, code);
  }
  path_ = path;
  device_ = ours.st_dev;
  inode_ = ours.st_ino;
  options_.name = path;
  listener_.emplace(loop_, accept_, options_);
  auto listening = listener_->adopt(std::move(socket));
  if (!listening) close();
  return listening;
}

Result<void> UnixListener::adopt(UniqueFd listening_socket, const std::string& path) {
  assert(!is_open() && listening_socket.is_open());
  struct stat theirs {};
  if (::lstat(path.c_str(), &theirs) != 0) return refuse(path, errno);
  path_ = path;
  device_ = theirs.st_dev;
  inode_ = theirs.st_ino;
  keep_file_ = true;
  options_.name = path;
  listener_.emplace(loop_, accept_, options_);
  auto listening = listener_->adopt(std::move(listening_socket));
  if (!listening) listener_.reset();
  return listening;
}

Result<UniqueFd> UnixListener::share() const {
  assert(is_open());
  return listener_->share();
}

Result<void> UnixListener::set_rights(mode_t mode, const FileOwner& owner) {
  assert(is_open());
  if (auto given = give(path_, owner); !given) return given;
  return ::chmod(path_.c_str(), mode) == 0 ? Result<void>{} : refuse(path_, errno);
}

void UnixListener::stop() {
  if (listener_) listener_->stop();
}

void UnixListener::resume() {
  if (listener_) listener_->resume();
}

void UnixListener::close() {
  if (!listener_) return;
  listener_.reset();
  if (keep_file_) return;
  struct stat found {};
  const bool is_ours =
      ::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
  if (is_ours) ::unlink(path_.c_str());
}

std::optional<UnixPeer> unix_peer(int fd) {
  ucred found{};
  socklen_t size = sizeof found;
  sockaddr_storage own{};
  socklen_t own_size = sizeof own;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) != 0 || own.ss_family != AF_UNIX)
    return std::nullopt;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0) return std::nullopt;
  return UnixPeer{found.uid, found.pid};
}

}  // namespace tamada::loop
