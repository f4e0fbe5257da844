#include "router/api/runtime/socket_owner.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "common/base/unique_fd.h"

namespace tamada::router {
namespace {

constexpr std::size_t enough = std::size_t{64} * 1024;  // for one record of the user database

tl::unexpected<Error> unknown(const StatsSocket& socket, const char* what, const std::string& name,
                              int code) {
  return fail(ErrorKind::invalid,
              fmt::format("{}: {} \"{}\": {}", socket.path, what, name,
                          code == 0 ? "there is none of that name" : std::strerror(code)));
}

}  // namespace

Result<loop::FileOwner> find_owner(const StatsSocket& socket) {
  loop::FileOwner owner{socket.uid, socket.gid};
  std::vector<char> space(enough);
  if (!socket.user.empty()) {
    passwd record{};
    passwd* found = nullptr;
    const int code = getpwnam_r(socket.user.c_str(), &record, space.data(), space.size(), &found);
    if (found == nullptr) return unknown(socket, "user", socket.user, code);
    owner.uid = found->pw_uid;
  }
  if (!socket.group.empty()) {
    group record{};
    group* found = nullptr;
    const int code = getgrnam_r(socket.group.c_str(), &record, space.data(), space.size(), &found);
    if (found == nullptr) return unknown(socket, "group", socket.group, code);
    owner.gid = found->gr_gid;
  }
  return owner;
}

Result<void> may_give_to(const StatsSocket& socket, const loop::FileOwner& owner) {
  if (!owner.uid && !owner.gid) return {};
  const UniqueFd file(memfd_create("owner", MFD_CLOEXEC));
  if (!file.is_open()) return {};  // opening the socket tells
  if (::fchown(file.get(), owner.uid.value_or(static_cast<uid_t>(-1)),
               owner.gid.value_or(static_cast<gid_t>(-1))) == 0) {
    return {};
  }
  return tl::make_unexpected(loop::cannot_give(socket.path, owner, errno));
}

}  // namespace tamada::router
