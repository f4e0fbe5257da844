// ServerJudge: what one look after the other says of the server: each sighting becomes a ServerView. Pure: it remembers what
// earlier looks at the same postmaster saw, and reads no clock.
//
// A postmaster that answers but lets nobody in (wrong password, all connections taken) tells nothing new: what it was counts
// on. A primary stays one; a standby does unless the guard may have promoted it meanwhile; nothing known before: `unknown`.
// Positions are of this look or not there at all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/server/server_look.h"
#include "agent/server/upstream.h"
#include "agent/server/watch/flush_watch.h"
#include "agent/server/watch/names_in_force.h"
#include "agent/server/watch/server_sighting.h"

namespace tamada::agent {

class ServerJudge {
 public:
  // How long the rows of pg_stat_replication count on where the primary answers without telling them.
  static constexpr Duration senders_limit = 10s;

  // `members`: for `follows`. Sightings in their order.
  [[nodiscard]] ServerLook look(const ServerSighting& sighting, const Upstreams& members);

  // Of the last look: something is about to change, or to be known for certain: look again soon. Duration::max(): no.
  [[nodiscard]] Duration next_within() const { return next_within_; }
  // The next look is to ask for a flush where the flushed position is still this (FlushWatch).
  [[nodiscard]] std::optional<WalPosition> to_probe() const { return flush_.to_probe(); }

 private:
  void judge_running(const ServerSighting& sighting, const Upstreams& members, ServerLook& look);
  void judge_failure(const ServerSighting& sighting, ServerLook& look);
  void judge_primary(const ServerSighting& sighting, ha::ServerView& view);
  void judge_standby(const ServerSighting& sighting, const Upstreams& members, ha::ServerView& view);
  // It answers and does not tell what it is.
  void keep_former(const ServerSighting& sighting, ha::ServerView& view) const;
  void forget(std::uint64_t postmaster);

  std::uint64_t postmaster_ = 0;  // of which all else is; 0: none
  ha::ServerKind kind_ = ha::ServerKind::unknown;
  std::string system_id_;
  std::uint32_t timeline_ = 0;           // of a primary
  std::uint32_t receiver_timeline_ = 0;  // the newest that a WAL receiver has had
  std::vector<ha::WalSender> senders_;
  TimePoint senders_at_{};
  NamesInForce names_;
  FlushWatch flush_;
  bool was_receiver_gone_ = false;
  Duration next_within_ = Duration::max();
};

// A number for this start of a postmaster; never 0. What it is not told of (0) it cannot tell apart.
[[nodiscard]] std::uint64_t postmaster_number(const guard::ProcessState& process);

// The member whose host and port the connection string names; empty: none.
[[nodiscard]] std::string member_followed(const std::string& primary_conninfo, const Upstreams& members);

[[nodiscard]] ha::ControlState control_state_of(const std::optional<ControlData>& control);

}  // namespace tamada::agent
