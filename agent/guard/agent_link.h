// AgentLink: the guard's side of the socket: who may connect, and one message at a time, in and out. Never
// blocks.
//
// Only processes of the guard's user, or root's, may; the kernel says who they are (SO_PEERCRED). One agent
// at a time: a second one is told who is connected, and closed. An agent that reads so little that an answer
// does not fit into the socket's buffer is taken for gone.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/guard/protocol/report.h"
#include "agent/guard/protocol/request.h"
#include "common/base/unique_fd.h"

namespace tamada::guard {

class AgentLink {
 public:
  AgentLink(UniqueFd listener, UniqueFd agent) : listener_(std::move(listener)), agent_(std::move(agent)) {}

  [[nodiscard]] int listener() const { return listener_.get(); }
  [[nodiscard]] int agent() const { return agent_.get(); }
  [[nodiscard]] bool has_agent() const { return agent_.is_open(); }
  void drop_agent() { agent_.reset(); }

  enum class Accepted { nobody, agent, refused };
  // `busy`: what a second agent is told, once its code is filled in.
  [[nodiscard]] Accepted accept(const Report& busy);

  enum class Received { nothing, message, end };
  // `message` is valid until the next call. `passed`: a descriptor that came with it.
  [[nodiscard]] Received receive(std::span<const std::byte>& message, UniqueFd& passed);

  enum class Sent { sent, full, broken };
  [[nodiscard]] Sent send(const Report& report) const;

 private:
  UniqueFd listener_;
  UniqueFd agent_;
  std::array<std::byte, longest_request> buffer_{};
};

}  // namespace tamada::guard
