// OpinionBoard: what others say about who leads: the leader key in etcd, and GET /cluster of each member (a
// fresh reading of the same store). Opinions are worth what they were when asked for; past `expire` they are
// none.
//
// When it cannot know: a key or a leader whose name no node goes by names a stranger. A stranger is nobody's
// confirmation; whether it is a veto is decided by name_of_key().
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "router/cluster/cluster_events.h"
#include "router/cluster/node_belief.h"

namespace tamada::router {

// What a member's /cluster says.
struct Opinion {
  enum class Kind {
    names,     // `node` leads
    stranger,  // somebody leads whom no configured node stands for: `name`
    nobody,    // there is no leader
    failed,    // it was asked and did not tell
  };
  NodeId giver;
  TimePoint sent;
  Kind kind = Kind::failed;
  NodeId node;
  std::string name;
};

// What the leader key says right now.
struct KeySays {
  enum class Kind {
    unknown,  // not watched, not fresh, or a name that cannot be matched with any node
    nobody,   // there was a key, now there is none
    names,    // `node`
  };
  Kind kind = Kind::unknown;
  NodeId node;
  std::string name;
  TimePoint as_of = {};
  std::size_t oversize = 0;  // of a value that is no name; see LeaderKey
};

// "the leader key holds 1400000 bytes, ...": why it is not counted.
[[nodiscard]] std::string oversize_words(std::size_t bytes);

class OpinionBoard {
 public:
  // Older than what is known: ignored. True: the holder has changed.
  bool hear(const LeaderKey& key);
  // Answers of members of another scope (where `scope` is set) count as failed. False: ignored as old.
  bool hear(const ClusterAnswer& answer, const std::string& scope);
  void forget(NodeId node) { answers_.erase(node); }
  void forget_key();

  [[nodiscard]] KeySays key(const std::vector<const NodeBelief*>& nodes, Duration expire,
                            TimePoint now) const;
  // The newest answer of each member, fresh ones only.
  [[nodiscard]] std::vector<Opinion> opinions(const std::vector<const NodeBelief*>& nodes, Duration expire,
                                              TimePoint now) const;

  // Who goes by `name`; not set: nobody.
  [[nodiscard]] static NodeId node_called(const std::string& name,
                                          const std::vector<const NodeBelief*>& nodes, TimePoint now);
  // The name /cluster lists for the member behind `api_url`; nullopt: none, or more than one.
  [[nodiscard]] static std::optional<std::string> listed_name(const patroni::ClusterMembers& members,
                                                              const std::string& api_url,
                                                              const std::string& current);
  // Of the newest answer of all: members no node stands for.
  [[nodiscard]] std::vector<patroni::ClusterMember> strangers(
      const std::vector<const NodeBelief*>& nodes) const;

  // The same REST API, in whatever spelling: "HTTP://pg1:8008/patroni" and "http://pg1:8008".
  [[nodiscard]] static bool same_api(const std::string& a, const std::string& b);

 private:
  std::optional<LeaderKey> key_;
  bool key_was_seen_ = false;  // a holder was named once: an absent key means something
  std::map<NodeId, ClusterAnswer> answers_;
};

}  // namespace tamada::router
