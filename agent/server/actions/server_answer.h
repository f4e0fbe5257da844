// Asks the local server over a new session, on the action thread: does it take connections, and is it in recovery?
#pragma once

#include <sys/types.h>

#include <optional>
#include <stop_token>
#include <string>

#include "agent/server/server_setup.h"

namespace tamada::agent {

struct ServerAnswer {
  enum class Kind {
    open,      // it takes connections, or refuses this one for another reason than its own state
    starting,  // 57P03: it is starting, recovers, or is stopping
    silent,    // nobody is there, or not yet, or it is not the server that was meant
  };
  Kind kind = Kind::silent;
  std::optional<bool> in_recovery;  // none: SQL was not answered
  std::string words;                // why it is not, or SQL was not answered
};

// `postmaster`: whose server it has to be. Another one on the same port is silent.
[[nodiscard]] ServerAnswer ask_server(const ServerSetup& setup, pid_t postmaster,
                                      const std::stop_token& stop);

}  // namespace tamada::agent
