// second_opinion(): what becomes of a node whose REST API has been silent `fall` times in a row.
//
//   PostgreSQL answers, and the leader key or /cluster of another member names it: it leads on, new writers
//     included; where its last words were not those of a leader (it was stopping), only its sessions stay.
//   The cluster is paused, and PostgreSQL answers: it leads on, new writers included, as long as that lasts
//     (ClusterView::Impl::leads_in_pause() says when that is so).
//   PostgreSQL answers, and nobody can be asked: its sessions stay, for the cluster's ttl at most (after that
//     somebody else may have been promoted); new writers wait.
//   PostgreSQL answers on a node that did not lead: its sessions stay.
//   Otherwise it has failed.
//
// Asked again as long as the silence lasts, also of a leader that has failed while its REST API hangs: should
// its PostgreSQL answer and somebody name it then, it leads again. Not where the REST API is gone (refused,
// no such name): its address may be somebody else's by then. While answers are missing nothing is decided.
//
// When it cannot know: a name that no node goes by (a stranger) says that somebody else leads only where the
// node's own name is certain; otherwise it may be the node itself, and nobody could be asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "router/cluster/cluster_events.h"
#include "router/cluster/opinion_board.h"

namespace tamada::router {

struct SecondOpinionCase {
  NodeId node;
  bool leads = false;    // sessions of writers may be there, or were when it failed
  bool claimed = false;  // its last words were those of a leader
  bool name_is_certain = false;
  bool in_pause = false;    // the last leader of a paused cluster, and nothing speaks against it
  TimePoint since = {};     // when it fell; in pause: since when it is silent
  TimePoint last_led = {};  // the newest moment at which its leadership was vouched for, by itself or others
  std::optional<PostgresAnswer> postgres;  // the newest one
  KeySays key;
  std::vector<Opinion> opinions;  // fresh ones of other members
  std::vector<NodeId> askable;    // other members whose REST API is not silent
  Duration expire = 3s;
  Duration ttl = 30s;
  TimePoint now;
};

struct SecondOpinion {
  enum class Outcome {
    pending,  // not all is known yet
    leads,    // as if it had answered at `vouched_at`
    stays,    // no new sessions; the old ones may stay, at most until `until` if that is set
    failed,
  };
  Outcome outcome = Outcome::pending;
  TimePoint vouched_at = {};
  std::optional<TimePoint> until;
  std::string words;
};

[[nodiscard]] SecondOpinion second_opinion(const SecondOpinionCase& subject);

}  // namespace tamada::router
