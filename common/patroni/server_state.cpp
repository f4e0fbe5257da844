#include "common/patroni/server_state.h"

#include <algorithm>

namespace tamada::patroni {

std::string_view word_of(ServerState state) {
  return server_states.at(static_cast<std::size_t>(state)).word;
}

int metric_number(ServerState state) {
  return server_states.at(static_cast<std::size_t>(state)).number;
}

std::optional<ServerState> server_state(std::string_view word) {
  const auto* found = std::find_if(server_states.begin(), server_states.end(),
                                   [&](const ServerStateWords& entry) { return entry.word == word; });
  if (found == server_states.end()) return std::nullopt;
  return found->state;
}

}  // namespace tamada::patroni
