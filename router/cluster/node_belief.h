// NodeBelief: what one node has said about itself, and what that is worth now.
//
// An answer is worth what it was when its request was sent: for `checks.expire`, then it is silence. Answers
// may come twice, late or out of order; an older one never undoes a newer one. Code and body both count: a
// node claims to lead with 200 on /master and role primary and state running, and in no other way.
//
// Silence: nothing usable, or `state: unknown` (Patroni's SQL was slow). Silences are counted until the next
// answer; from `checks.fall` of them on, older claims count no more and a second opinion decides
// (second_opinion.h).
//
// When it cannot know: a node that was never asked has said nothing; it is not silent, and not a "no".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/time.h"
#include "router/balance/policy.h"
#include "router/cluster/cluster_events.h"

namespace tamada::router {

// What a node says on the question whether it leads.
enum class Stand {
  unheard,       // nothing that is fresh
  claims,        // 200 on /master, primary, running
  holds_lock,    // 200 on /master, but not primary (yet): it may be on its way
  undetermined,  // says primary, but what /master says about that is not known yet
  no,            // anything else it said
};

class NodeBelief {
 public:
  // One answer of the REST API.
  struct Evidence {
    TimePoint sent;
    int status = 0;
    patroni::NodeStatus body;
  };
  enum class Heard {
    ignored,   // a repetition, or older than what is known
    silence,   // nothing usable
    answer,    // the node's own words
    replaced,  // another node, or another server under the same name, answers here now: all that was believed
               // is forgotten
  };

  NodeBelief(NodePolicy policy, const CheckPolicy& checks, TimePoint now);

  // A changed `api_url` is another place: what was said is forgotten, answers sent before `now` are ignored.
  // True if so.
  bool configure(const NodePolicy& policy, const CheckPolicy& checks, TimePoint now);

  // `extra`: the ask was an additional one; its silence does not count.
  Heard hear(const PollAnswer& answer, bool extra, TimePoint now);

  [[nodiscard]] NodeId id() const { return policy_.id; }
  [[nodiscard]] const NodePolicy& policy() const { return policy_; }

  // ---- who is it
  // `patroni.name` of the body, else the name GET /cluster lists for its api_url, else as configured.
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] bool name_is_certain() const { return !told_name_.empty() || !listed_name_.empty(); }
  // GET /cluster names the member behind this api_url. True: it was another one so far.
  bool list_as(const std::string& member);
  // Certainly one and the same: the same PostgreSQL address, or the same member of the same database system.
  [[nodiscard]] bool is_same_node(const NodeBelief& other) const;
  // One and the same PostgreSQL server, told lately: sessions to the one are sessions to the other.
  [[nodiscard]] bool is_same_server(const NodeBelief& other, TimePoint now) const;
  [[nodiscard]] const std::string& system_id() const { return system_id_; }

  // ---- what it said
  [[nodiscard]] const std::optional<Evidence>& newest() const { return newest_; }
  [[nodiscard]] bool is_fresh(TimePoint now) const;
  [[nodiscard]] Stand stand(TimePoint now) const;
  [[nodiscard]] bool claims(TimePoint now) const { return stand(now) == Stand::claims; }
  // When the request was sent whose answer was the first of the claim that stands, and the newest.
  [[nodiscard]] TimePoint claim_since() const { return claim_since_; }
  [[nodiscard]] TimePoint claim_sent() const { return master_ ? master_->sent : TimePoint{}; }
  // /replica says 200, it is no primary, its server runs. For how long: replica_until().
  [[nodiscard]] bool is_fit_replica(TimePoint now) const;
  [[nodiscard]] TimePoint replica_until() const;
  [[nodiscard]] bool is_standby_leader(TimePoint now) const;
  // Its newest words, however old, were those of a leader.
  [[nodiscard]] bool claimed_last() const;
  // The end point of the role it last had, and whether the newest answer asks for a look at the other one.
  [[nodiscard]] AskKind poll_kind() const;
  [[nodiscard]] bool contradicts(const PollAnswer& answer) const;

  // ---- silence
  [[nodiscard]] std::uint32_t silences() const { return silences_; }
  [[nodiscard]] bool has_fallen() const { return silences_ >= checks_.fall; }
  [[nodiscard]] TimePoint silent_since() const { return silent_since_; }
  [[nodiscard]] TimePoint fallen_since() const { return fallen_since_; }  // when silences reached `fall`
  [[nodiscard]] std::optional<TimePoint> refused_at() const;  // the newest thing heard is a refusal
  // Silent without a sign that nobody is there any more: no answer in time, or none that is of use.
  [[nodiscard]] bool hangs() const;
  [[nodiscard]] const std::string& silence_words() const { return silence_words_; }
  // Nothing more is to be expected of it: it answered (for a replica: on /replica), fell, failed or is
  // refused.
  [[nodiscard]] bool is_settled(TimePoint now) const;
  // Asked at least once, and it came to something, be it silence.
  [[nodiscard]] bool was_tried() const { return newest_.has_value() || silences_ > 0; }

  // Not set: unknown. Where the newest answer said, or found_postgres_at().
  [[nodiscard]] const Address& postgres() const { return postgres_; }
  // Its PostgreSQL was found at another address: the same server, reached another way.
  void found_postgres_at(const Address& address) { postgres_ = address; }

  // "is a replica", "is stopping", "does not answer (...)": what follows the name in a sentence.
  [[nodiscard]] std::string words(TimePoint now) const;

  // How it showed that another node answers now: "shows another system identifier", "calls itself x", ...
  [[nodiscard]] const std::string& replaced_words() const { return replaced_words_; }

  // ---- what ClusterView has found about it, beside its own words
  // How it shows that it is of another cluster; empty: it belongs.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  void refuse(std::string how) { refusal_ = std::move(how); }
  // Neither REST API nor PostgreSQL answers, or nobody vouches for it. Its next answer ends that.
  [[nodiscard]] bool has_failed() const { return failed_; }
  void set_failed(bool failed) { failed_ = failed; }
  // Taken out of the configuration; watched until its last session ends.
  [[nodiscard]] bool is_leaving() const { return leaving_; }
  void set_leaving(bool leaving) { leaving_ = leaving; }

 private:
  void forget();
  [[nodiscard]] std::string unusable(const PollAnswer& answer) const;
  [[nodiscard]] bool came_from_elsewhere(const PollAnswer& answer, TimePoint now) const;
  [[nodiscard]] bool shows_other_identity(const patroni::NodeStatus& body) const;
  void take(const PollAnswer& answer);

  NodePolicy policy_;
  CheckPolicy checks_;
  TimePoint since_;  // what was sent before is about another place

  std::string replaced_words_;
  std::string told_name_;
  std::string listed_name_;
  std::string system_id_;
  std::string postmaster_start_;  // which server it is, as last told
  Address postgres_;

  std::optional<Evidence> master_;
  std::optional<Evidence> replica_;
  std::optional<Evidence> newest_;
  std::optional<TimePoint> heard_master_;  // newest `sent` of any outcome
  std::optional<TimePoint> heard_replica_;
  TimePoint claim_since_ = {};

  std::uint32_t silences_ = 0;
  TimePoint silent_since_ = {};
  TimePoint silence_sent_ = {};
  Silence silence_ = Silence::timeout;
  TimePoint fallen_since_ = {};
  std::string silence_words_;

  std::string refusal_;
  bool failed_ = false;
  bool leaving_ = false;
};

}  // namespace tamada::router
