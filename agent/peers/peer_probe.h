// PeerProbe: is a member's PostgreSQL a primary? Logs in and asks it.
//
// The callback runs once, at the latest `limit` after the start, never from inside the constructor; the probe may be destroyed
// in it. Loop thread only; Loop and ConnectionThreads must outlive it.
#pragma once

#include <functional>
#include <string>

#include "common/loop/loop.h"
#include "common/loop/timer.h"
#include "common/postgres/client/connection.h"

namespace tamada::agent {

class PeerProbe final : private postgres::ConnectionCallbacks {
 public:
  // True: it said that it is not in recovery, and which system it has. Everything else is no answer: a standby may be
  // promoted at any moment, and who does not answer may be a primary.
  using Then = std::function<void(bool is_primary, const std::string& system_identifier)>;

  PeerProbe(loop::Loop& loop, postgres::ConnectionThreads& threads, const postgres::Conninfo& server,
            Duration limit, Then then);
  PeerProbe(const PeerProbe&) = delete;
  PeerProbe& operator=(const PeerProbe&) = delete;

 private:
  void on_connected(const postgres::Session& /*session*/) override {}
  void on_notice(const postgres::ErrorResponse& /*notice*/) override {}
  void on_closed(const postgres::Failure& /*failure*/) override {}
  void on_answer(const postgres::Answer& answer);

  Then then_;
  postgres::Connection connection_;
};

}  // namespace tamada::agent
