// SessionHint: something that a session met on the write side and that makes the router ask the node again.
// It is a reason to look, and says nothing about the node's role.
#pragma once

#include <cstdint>
#include <string_view>

#include "router/balance/ids.h"

namespace tamada::router {

struct SessionHint {
  enum class Kind : std::uint8_t {
    refused,        // nobody listens on the PostgreSQL port
    reset,          // the connection was dropped in the middle
    closed,         // the server closed it before it had answered
    timeout,        // the connection was not made in time
    unreachable,    // no way to the machine
    shutting_down,  // 57P01 (admin_shutdown) before the client was authenticated
    starting_up,    // 57P03 (cannot_connect_now) before the client was authenticated
  };
  NodeId node;
  Kind kind = Kind::reset;
};

// For people: "refused", "57P01".
[[nodiscard]] std::string_view words_of(SessionHint::Kind kind);

// The server there is another one than before: it refuses, starts or stops. Whatever else a session meets may
// be its own fault, or too many of its kind.
[[nodiscard]] bool ends_the_server(SessionHint::Kind kind);

// Somebody is there and said no; otherwise nobody could be reached.
[[nodiscard]] bool was_answered(SessionHint::Kind kind);

}  // namespace tamada::router
