#include "agent/guard/agent_link.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tamada::guard {

namespace {

AgentLink::Sent send_to(int fd, const Report& report) {
  std::array<std::byte, longest_report> out;
  const auto bytes = encode(report, out);
  if (::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return AgentLink::Sent::sent;
  return errno == EAGAIN || errno == ENOBUFS ? AgentLink::Sent::full : AgentLink::Sent::broken;
}

bool peer_of(int fd, ucred& peer) {
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
}

}  // namespace

AgentLink::Accepted AgentLink::accept(const Report& busy) {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.is_open()) return Accepted::nobody;
  ucred peer{};
  if (!peer_of(fd.get(), peer) || (peer.uid != ::geteuid() && peer.uid != 0)) return Accepted::refused;
  if (has_agent()) {
    Report told = busy;
    ucred first{};
    if (peer_of(agent_.get(), first)) told.code = first.pid;
    static_cast<void>(send_to(fd.get(), told));
    return Accepted::refused;
  }
  agent_ = std::move(fd);
  return Accepted::agent;
}

AgentLink::Received AgentLink::receive(std::span<const std::byte>& message, UniqueFd& passed) {
  iovec part{buffer_.data(), buffer_.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(agent_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Received::nothing : Received::end;
  for (cmsghdr* part_of = CMSG_FIRSTHDR(&header); part_of != nullptr;
       part_of = CMSG_NXTHDR(&header, part_of)) {
    if (part_of->cmsg_level != SOL_SOCKET || part_of->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(part_of), sizeof fd);
    passed.reset(fd);
  }
  if (got == 0) return Received::end;
  // One that was cut is read as what it is not.
  message = {buffer_.data(), (header.msg_flags & MSG_TRUNC) != 0 ? 0 : static_cast<std::size_t>(got)};
  return Received::message;
}

AgentLink::Sent AgentLink::send(const Report& report) const {
  return send_to(agent_.get(), report);
}

}  // namespace tamada::guard
