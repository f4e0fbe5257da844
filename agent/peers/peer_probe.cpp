#include "agent/peers/peer_probe.h"

#include <utility>

namespace tamada::agent {

PeerProbe::PeerProbe(loop::Loop& loop, postgres::ConnectionThreads& threads, const postgres::Conninfo& server,
                     Duration limit, Then then)
    : then_(std::move(then)),
      connection_(loop, threads,
                  {.parameters = server, .connect_limit = limit, .max_result = std::size_t{64} * 1024},
                  *this) {
  // Also where no session comes about, the statement is answered.
  connection_.ask(
      {"SELECT pg_catalog.pg_is_in_recovery(), system_identifier FROM pg_catalog.pg_control_system()"},
      {.deadline = limit}, [this](const postgres::Answer& answer) { on_answer(answer); });
}

void PeerProbe::on_answer(const postgres::Answer& answer) {
  bool is_primary = false;
  std::string system_identifier;
  if (answer && answer->size() == 1 && answer->front().rows.size() == 1 &&
      answer->front().rows.front().size() == 2) {
    const auto& row = answer->front().rows.front();
    is_primary = row[0] == "f" && row[1].has_value();
    system_identifier = row[1].value_or("");
  }
  const Then then = std::exchange(then_, nullptr);
  then(is_primary, system_identifier);  // `this` may be gone now
}

}  // namespace tamada::agent
