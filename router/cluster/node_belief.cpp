#include "router/cluster/node_belief.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tamada::router {
namespace {

using patroni::NodeRole;

bool says_leader(const NodeBelief::Evidence& answer) {
  return answer.status == 200 && answer.body.role == NodeRole::primary && answer.body.is_running();
}

// /replica says 503 although a running replica without noloadbalance stands behind it: Patroni does that when
// the node has the leader lock and is not promoted yet.
bool may_hold_lock(const NodeBelief::Evidence& answer) {
  return answer.status != 200 && answer.body.role == NodeRole::replica && answer.body.is_running() &&
         !answer.body.tags.noloadbalance;
}

std::string silence_name(Silence silence) {
  switch (silence) {
    case Silence::timeout:
      return "no answer in time";
    case Silence::refused:
      return "connection refused";
    case Silence::reset:
      return "connection reset";
    case Silence::unreachable:
      return "unreachable";
    case Silence::unresolved:
      return "its name has no address";
    case Silence::malformed:
      return "not Patroni's answer";
  }
  return "no answer";
}

}  // namespace

NodeBelief::NodeBelief(NodePolicy policy, const CheckPolicy& checks, TimePoint now)
    : policy_(std::move(policy)), checks_(checks), since_(now) {}

bool NodeBelief::configure(const NodePolicy& policy, const CheckPolicy& checks, TimePoint now) {
  const bool moved = policy.api_url != policy_.api_url;
  const bool had_fallen = has_fallen();
  policy_ = policy;
  checks_ = checks;
  if (has_fallen() && !had_fallen) fallen_since_ = now;
  if (!moved) return false;
  // Who was behind the old place is kept: should another node answer at the new one, that shows.
  master_.reset();
  replica_.reset();
  newest_.reset();
  failed_ = false;
  listed_name_.clear();
  silences_ = 0;
  heard_master_.reset();
  heard_replica_.reset();
  since_ = now;
  return true;
}

void NodeBelief::forget() {
  master_.reset();
  replica_.reset();
  newest_.reset();
  told_name_.clear();
  system_id_.clear();
  postmaster_start_.clear();
  failed_ = false;
}

const std::string& NodeBelief::name() const {
  if (!told_name_.empty()) return told_name_;
  return listed_name_.empty() ? policy_.name : listed_name_;
}

bool NodeBelief::list_as(const std::string& member) {
  if (member == listed_name_) return false;
  const bool another = !listed_name_.empty() && told_name_.empty();
  listed_name_ = member;
  if (another) {
    replaced_words_ = "is listed as " + member;
    forget();
  }
  return another;
}

bool NodeBelief::is_same_node(const NodeBelief& other) const {
  const bool certain = name_is_certain() && other.name_is_certain();
  if (certain && name() != other.name()) return false;
  if (postgres_.is_set() && postgres_ == other.postgres_) return true;
  return certain && !system_id_.empty() && system_id_ == other.system_id_;
}

bool NodeBelief::is_same_server(const NodeBelief& other, TimePoint now) const {
  return is_fresh(now) && other.is_fresh(now) && is_same_node(other) && postgres_.is_set() &&
         postgres_ == other.postgres_ && system_id_ == other.system_id_ &&
         postmaster_start_ == other.postmaster_start_;
}

// Another PostgreSQL server answers at another address, be it under the same name: the old one may live on.
// Which server it is, is told by when it was started. Where that is not told: without a silence in between it
// is one node with several addresses.
bool NodeBelief::came_from_elsewhere(const PollAnswer& answer, TimePoint now) const {
  if (!postgres_.is_set() || !answer.postgres.is_set() || postgres_ == answer.postgres) return false;
  const std::string& started = answer.body->postmaster_start_time;
  if (!started.empty() && !postmaster_start_.empty()) return started != postmaster_start_;
  return !postgres_.same_ip(answer.postgres) && (silences_ > 0 || !is_fresh(now));
}

bool NodeBelief::shows_other_identity(const patroni::NodeStatus& body) const {
  return (!told_name_.empty() && !body.name.empty() && body.name != told_name_) ||
         (!system_id_.empty() && !body.system_identifier.empty() && body.system_identifier != system_id_);
}

// Why `answer` is silence; empty: it is not.
std::string NodeBelief::unusable(const PollAnswer& answer) const {
  if (is_usable(answer)) return {};
  if (answer.silence) return answer.words.empty() ? silence_name(*answer.silence) : answer.words;
  if (!answer.body) return fmt::format("status {} without Patroni's answer", answer.status);
  if (answer.body->role_text.empty()) return "its answer tells no role";
  if (answer.body->state.empty()) return "its answer tells no state";
  // The old role of a slow node says nothing; that another node answers here does.
  if (shows_other_identity(*answer.body)) return {};
  return "Patroni's SQL was slow: state unknown";
}

NodeBelief::Heard NodeBelief::hear(const PollAnswer& answer, bool extra, TimePoint now) {
  std::optional<TimePoint>& heard = answer.asked == AskKind::master ? heard_master_ : heard_replica_;
  if (answer.sent < since_ || (heard && answer.sent <= *heard)) return Heard::ignored;
  heard = answer.sent;

  if (std::string why = unusable(answer); !why.empty()) {
    if (extra || (newest_ && answer.sent < newest_->sent)) return Heard::ignored;
    if (silences_ == 0) silent_since_ = answer.sent;
    ++silences_;
    silence_sent_ = std::max(silence_sent_, answer.sent);
    silence_ = answer.silence.value_or(Silence::malformed);
    silence_words_ = std::move(why);
    if (silences_ == checks_.fall) fallen_since_ = now;
    return Heard::silence;
  }

  const bool older = newest_ && answer.sent < newest_->sent;
  const bool other = shows_other_identity(*answer.body) || came_from_elsewhere(answer, now);
  if (other && older) return Heard::ignored;
  if (other) {
    const std::string& name = answer.body->name;
    replaced_words_ = came_from_elsewhere(answer, now)      ? "answers at another address"
                      : !name.empty() && name != told_name_ ? "calls itself " + name
                                                            : "shows another system identifier";
    forget();
  }

  const bool claimed = claims(now);
  take(answer);
  if (!claimed && claims(now)) claim_since_ = answer.sent;
  if (other) return Heard::replaced;
  return Heard::answer;
}

void NodeBelief::take(const PollAnswer& answer) {
  Evidence evidence{answer.sent, answer.status, *answer.body};
  if (!newest_ || answer.sent >= newest_->sent) {
    newest_ = evidence;
    if (!evidence.body.name.empty()) told_name_ = evidence.body.name;
    if (!evidence.body.postmaster_start_time.empty()) postmaster_start_ = evidence.body.postmaster_start_time;
    if (!evidence.body.system_identifier.empty()) system_id_ = evidence.body.system_identifier;
    if (answer.postgres.is_set()) postgres_ = answer.postgres;
  }
  (answer.asked == AskKind::master ? master_ : replica_) = std::move(evidence);
  if (silences_ == 0 || answer.sent >= silence_sent_) {
    silences_ = 0;
    failed_ = false;
  }
}

bool NodeBelief::is_fresh(TimePoint now) const {
  return newest_ && now < newest_->sent + checks_.expire;
}

Stand NodeBelief::stand(TimePoint now) const {
  if (!is_fresh(now)) return Stand::unheard;
  const patroni::NodeStatus& body = newest_->body;
  const bool master_is_fresh = master_ && now < master_->sent + checks_.expire;
  if (body.role == NodeRole::primary) {
    if (!body.is_running()) return Stand::no;
    if (!master_is_fresh) return Stand::undetermined;
    if (says_leader(*master_)) return has_fallen() ? Stand::unheard : Stand::claims;
    // /replica was asked later than /master and says primary: promoted meanwhile, or on its way.
    return replica_ && replica_->sent > master_->sent ? Stand::undetermined : Stand::no;
  }
  if (master_is_fresh && master_->status == 200 && master_->body.role != NodeRole::primary) {
    return Stand::holds_lock;
  }
  const bool master_is_older = !master_ || (replica_ && replica_->sent > master_->sent);
  if (replica_ && master_is_older && may_hold_lock(*replica_)) return Stand::undetermined;
  return Stand::no;
}

bool NodeBelief::is_fit_replica(TimePoint now) const {
  if (!refusal_.empty() || failed_ || !is_fresh(now) || !replica_ || now >= replica_until()) return false;
  const auto runs = [](const patroni::NodeStatus& body) {
    return body.role == NodeRole::replica && (body.is_running() || body.state == "streaming");
  };
  return replica_->status == 200 && runs(replica_->body) && runs(newest_->body);
}

TimePoint NodeBelief::replica_until() const {
  return replica_ ? replica_->sent + checks_.expire : TimePoint{};
}

bool NodeBelief::is_settled(TimePoint now) const {
  if (has_fallen() || failed_ || !refusal_.empty()) return true;
  if (!is_fresh(now)) return false;
  return newest_->body.role != NodeRole::replica || (replica_ && now < replica_until());
}

bool NodeBelief::is_standby_leader(TimePoint now) const {
  return refusal_.empty() && !failed_ && is_fresh(now) && newest_->body.role == NodeRole::standby_leader &&
         newest_->body.is_running();
}

bool NodeBelief::claimed_last() const {
  return newest_ && newest_->body.role == NodeRole::primary && newest_->body.is_running() && master_ &&
         says_leader(*master_);
}

AskKind NodeBelief::poll_kind() const {
  if (!newest_) return AskKind::master;
  switch (newest_->body.role) {
    case NodeRole::primary:
    case NodeRole::promoted:
    case NodeRole::standby_leader:
      return AskKind::master;
    default:
      return AskKind::replica;
  }
}

bool NodeBelief::contradicts(const PollAnswer& answer) const {
  if (!newest_ || newest_->sent != answer.sent) return false;
  if (answer.asked != poll_kind()) return true;
  return answer.asked == AskKind::replica && replica_ && may_hold_lock(*replica_);
}

std::optional<TimePoint> NodeBelief::refused_at() const {
  if (silences_ == 0 || silence_ != Silence::refused) return std::nullopt;
  return silence_sent_;
}

bool NodeBelief::hangs() const {
  return silences_ > 0 && (silence_ == Silence::timeout || silence_ == Silence::malformed);
}

std::string NodeBelief::words(TimePoint now) const {
  if (!refusal_.empty()) return "is refused: " + refusal_;
  if (failed_) return fmt::format("has failed ({})", silence_words_);
  if (silences_ > 0 && (has_fallen() || !is_fresh(now))) {
    return fmt::format("does not answer ({})", silence_words_);
  }
  if (!newest_) return "has not answered yet";
  if (!is_fresh(now)) return "has not been heard lately";
  const patroni::NodeStatus& body = newest_->body;
  if (!body.is_running() && body.state != "streaming") return "is " + body.state;
  switch (stand(now)) {
    case Stand::claims:
      return body.timeline ? fmt::format("says primary, running, timeline {}", *body.timeline)
                           : "says primary, running";
    case Stand::holds_lock:
      return "has the leader lock, but is not promoted yet";
    default:
      break;
  }
  if (body.role == NodeRole::primary) return "is primary, but without the leader lock";
  if (body.role == NodeRole::replica) return "is a replica";
  if (body.role == NodeRole::standby_leader) return "is a standby leader";
  return fmt::format("is {}", body.role_text);
}

}  // namespace tamada::router
