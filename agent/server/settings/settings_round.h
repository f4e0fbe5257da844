// One round of the SettingsKeeper: which files a running server should have, by what was wanted, seen and written before, and
// the writing of them. Inner part of settings_keeper.cpp.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "agent/server/server_look.h"
#include "agent/server/settings/server_files.h"
#include "common/base/result.h"

namespace tamada::agent {

// What was wanted last.
struct SettingsWish {
  ServerSetupPtr setup;
  ha::WantedSettings wanted;
  Upstream upstream;  // whom wanted.follow names; not set: its address is not known
};

struct RoundPlan {
  ServerSetupPtr setup;
  ServerRole role;
  ha::WantedSettings wanted;
  std::string former_synchronous;
  // Nobody knows whether it recovers as a standby or as a primary after a crash: only the signal file does.
  bool only_with_signal = false;

  bool operator==(const RoundPlan&) const = default;
};

// None: nothing may be written now, since the server does not run, or too little is known of it. `written`: what stands in
// its files by the last round.
//
// Whom a standby follows is never taken away because its address, or the leader, is not known for a while: what it has
// stays. Only `receiver_off` empties it.
[[nodiscard]] std::optional<RoundPlan> plan_round(const SettingsWish& wish, const ServerLook& look,
                                                  const std::optional<ServerFiles>& written);

// The name of a setting that the server does not have as it was written; empty: it has it all.
[[nodiscard]] std::string differing_setting(const RoundPlan& plan, const ServerFiles& written,
                                            const ServerStatus& status);

struct RoundOutcome {
  bool is_skipped = false;  // it is no standby that starts
  ServerFiles files;
  Result<bool> changed = false;
};
// Blocks. A closed round may have written a part.
[[nodiscard]] RoundOutcome write_round(const RoundPlan& plan, const std::stop_token& stop);

}  // namespace tamada::agent
