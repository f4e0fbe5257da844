// elect(): who, of the nodes that claim to lead, is believed. One or nobody.
//
//   * A fresh leader key decides: for the claimant it names, against every other one (a veto). It never opens
//     a node that does not claim.
//   * One claim is confirmed when every other node, asked after the claim was made, said no or refused the
//     connection, or has been silent for `timeout`; or when /cluster of another member names it (with two
//     nodes: of the claimant). It waits where a fresh /cluster names somebody else, or where another node
//     shows a higher timeline than the claimant: then only somebody who names it helps.
//   * Two claims: agreeing /cluster answers decide (of members that do not claim; where none of those can
//     tell, of the claimants); where nobody can tell, the higher timeline does; otherwise nobody leads.
//   * In a paused cluster the last leader stays it, whatever the leader key says, while it is the only claim:
//     the key vanishes with the agent, and without the agent nobody renews it. Who else is named is told as a
//     contradiction. Any other claim makes it an election like any other.
//   * Who was believed a moment ago needs no new confirmation while its claim goes on alone; unless the other
//     members agree for `timeout` that another node of ours leads (which may be out of our reach, while the
//     claimant's Patroni hangs): then the claim waits as a new one does.
//
// A name that no node goes by (a stranger) speaks against claimants whose own names are certain; one whose
// name is not may be the stranger itself, so that for a claim of its own the stranger says nothing.
//
// When it cannot know: a node that was not asked since the claim is neither a no nor silent; the claim waits
// for it, and `poll_now` says that it wants to be asked now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "router/cluster/node_belief.h"
#include "router/cluster/opinion_board.h"

namespace tamada::router {

// What the election sees of one node. Each machine once: a second way to the same node is left out.
struct Voter {
  NodeId id;
  std::string name;
  bool name_is_certain = false;
  std::string words;  // "is a replica": for the reason

  bool foreign = false;  // of another cluster: stands for `no`, and its opinion counts for nothing

  Stand stand = Stand::unheard;
  TimePoint stand_sent = {};  // when the answer that says so was asked for
  std::optional<TimePoint> refused_at;
  std::optional<TimePoint> silent_since;
  std::optional<std::uint64_t> timeline;  // of a fresh answer

  // With Stand::claims.
  TimePoint claim_since = {};
  TimePoint claim_sent = {};
  bool vouched = false;   // silent, and a second opinion stands for its claim
  bool in_pause = false;  // it leads on because the cluster is paused; `words` say so
  bool believed = false;  // was the elected one until now, without a gap
};

struct Ballot {
  std::vector<Voter> voters;
  KeySays key;
  std::vector<Opinion> opinions;
  Duration timeout = 2s;
  std::optional<TimePoint> conflict_since;  // since when two claim
  std::optional<TimePoint>
      contradicted_since;  // since when the others name another node than the believed one
  TimePoint now;
};

struct Election {
  NodeId winner;                 // not set: nobody
  std::string reason;            // why it is believed, or why nobody is
  bool by_naming = false;        // the leader key or /cluster names the winner
  bool in_pause = false;         // the winner does not claim: it leads on because the cluster is paused
  bool conflict = false;         // more than one claims
  bool contradicted = false;     // the others name another node than the winner
  bool vetoed = false;           // the leader key speaks against a claim
  std::vector<NodeId> poll_now;  // to be asked anew (unless they were since `poll_now_since`)
  TimePoint poll_now_since = {};
  bool want_opinions = false;           // /cluster answers would help
  TimePoint opinions_since = {};        // those asked for earlier would not
  std::optional<TimePoint> look_again;  // a silence is long enough then
};

[[nodiscard]] Election elect(const Ballot& ballot);

}  // namespace tamada::router
