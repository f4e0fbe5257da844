// PlannedHold: new writers wait from the moment a planned change away from the leader is announced, so that
// nobody is in the middle of logging in when Patroni stops PostgreSQL there: a client that has been sent
// anything but `N` cannot be retried unseen.
//
// Patroni's failover key says it before it happens: the leader reads the key, asks the candidates, makes a
// checkpoint, and only then stops PostgreSQL. Sessions and start-ups under way go on; nobody is cut.
//
// It ends
//   - when another leader is confirmed (that the old one stops, or is no longer primary, holds writers by
//     itself);
//   - `in_vain` after the announcement, whatever else is known;
//   - when the key was cleared and an answer of the leader whose request was sent `grace` later still says
//     that it leads. Clearing alone means nothing: Patroni's old leader clears the key when it refuses, but
//     the new one does as soon as it has the lock (3.0.2: ha.py, process_unhealthy_cluster), and that news
//     may overtake the news of the lock. By then the old one's answers say that it is demoted.
//
// When it cannot know, it does nothing: a key that names another leader, or that says to lead on, a name
// nobody goes by, an etcd that is silent.
#pragma once

#include <optional>
#include <string>

#include "common/base/time.h"
#include "router/cluster/cluster_events.h"
#include "router/cluster/fact.h"

namespace tamada::router {

class PlannedHold {
 public:
  // Patroni acts within its next turn, at once where it was asked over its REST API, and then makes a
  // checkpoint of unknown length. Writers wait for that only as long as nobody would call it an outage of
  // its own: what is lost after that are the few that are logging in when PostgreSQL stops.
  static constexpr Duration in_vain = 5s;
  // The leader may have read the key just before somebody took it back by hand; so much later it has decided.
  static constexpr Duration grace = 300ms;

  // What is believed now. `from`, `to`: the nodes that go by the names of change(); not set: nobody.
  struct Belief {
    NodeId leader;  // not set: none is confirmed
    std::string leader_name;
    std::optional<TimePoint> leads_as_of;  // when the newest answer that says it leads was asked for
    NodeId from;
    NodeId to;
  };

  // A repetition, or older than what is known: ignored.
  void hear(const PlannedChange& change, TimePoint now);
  // etcd is watched no more.
  void forget() { *this = {}; }

  // The announcement that stands; null: none.
  [[nodiscard]] const PlannedChange* change() const { return change_ ? &*change_ : nullptr; }

  // Decides anew. A fact when something changed that people want to know.
  [[nodiscard]] std::optional<Fact> settle(const Belief& belief, TimePoint now);

  [[nodiscard]] bool holds() const { return held_.is_set(); }
  // "a switchover from a to b has been announced": why new writers wait.
  [[nodiscard]] const std::string& words() const { return words_; }
  // When it ends at the latest.
  [[nodiscard]] std::optional<TimePoint> until() const;

 private:
  [[nodiscard]] bool is_about(const Belief& belief) const;
  [[nodiscard]] Fact call_off(const Belief& belief, const std::string& why);
  void end();

  std::optional<PlannedChange> heard_;   // the newest
  std::optional<PlannedChange> change_;  // the one that stands; it outlives its clearing while writers wait
  TimePoint until_ = {};
  std::optional<TimePoint> cleared_;
  NodeId held_;  // the leader whose new writers wait
  std::string words_;
};

}  // namespace tamada::router
