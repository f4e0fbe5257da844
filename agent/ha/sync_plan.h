// SyncPlan: how a leader keeps the key /sync and PostgreSQL's synchronous_standby_names in step, one change at a time. Pure.
//
// The rule that everything serves: whoever is named in /sync has every transaction that was acknowledged. So a name
// leaves the key before it leaves the setting, and enters the key only after the setting is in force and the node has
// confirmed a position from after that.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/ha/ha_settings.h"
#include "agent/ha/server_view.h"
#include "agent/ha/store_view.h"

namespace tamada::ha {

struct SyncChange {
  enum class Kind { none, write_key, set_names, remove_key };
  Kind kind = Kind::none;
  std::vector<std::string> names;  // of write_key and set_names, sorted
  std::string words;
};

class SyncPlan {
 public:
  // Not known: what is in force must stay, since the key may name who is in it.
  [[nodiscard]] bool is_known() const { return is_known_; }
  // A primary's setting, to be in force as soon as may be. Not set: the user's own. Strict mode with
  // nobody in it: commits wait.
  [[nodiscard]] const std::optional<std::vector<std::string>>& wanted() const { return wanted_; }

  // When next() looked last there was no standby that could be synchronous.
  [[nodiscard]] bool has_nobody() const { return has_nobody_; }

  // `me` holds the lock and its server is a primary. The next change: write_key and remove_key are for the caller, which
  // calls again once the key is there; after set_names wanted() has changed.
  [[nodiscard]] SyncChange next(const std::string& me, const ClusterSettings& settings,
                                const StoreView& store, const ServerView& server);
  // Before this node's server may write: what the key must say, and in wanted() the setting that goes with it. Where the
  // key is this node's already it may name standbys, which then are waited for from the first commit on.
  [[nodiscard]] SyncChange before_writing(const std::string& me, const ClusterSettings& settings,
                                          const StoreView& store);
  // This node does not lead: nothing that was noted holds any more.
  void forget();

 private:
  [[nodiscard]] std::vector<std::string> pick(const std::string& me, const ClusterSettings& settings,
                                              const StoreView& store, const ServerView& server) const;
  void note_positions(const ServerView& server);
  [[nodiscard]] bool is_confirmed(const std::string& name, const ServerView& server) const;

  std::optional<std::vector<std::string>> wanted_;
  bool is_known_ = false;
  bool has_nobody_ = false;
  std::map<std::string, Lsn> noted_;  // what was flushed here when the name was first seen in force
};

}  // namespace tamada::ha
