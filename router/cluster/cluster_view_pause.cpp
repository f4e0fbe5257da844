// Patroni's maintenance mode in ClusterView::Impl: whether the cluster is paused, and who leads on then.
//
// In pause an agent that stops leaves PostgreSQL running, and no other node is promoted but by hand. So the
// last confirmed leader stays the leader, for new sessions too and beyond the ttl, while
//
//   - its own last words were "primary, running" and "paused", and nobody said later that the pause is over;
//   - its PostgreSQL has answered every question since the agent fell silent, where its sessions go; or the
//     agent answers, says primary and running, and only holds no lock;
//   - nobody shows that another node was made the leader: none says primary or has the lock, none shows a
//     higher timeline, and neither the leader key nor /cluster named a node that itself cannot be heard.
//
// A key or a /cluster that names a node which answers and does not lead is no veto: in pause the lock proves
// nothing either way. It is shown as a disagreement. Whatever else happens is dealt with as without a pause.
//
// When it cannot know: a router that was started while all agents were down has no last leader, and names
// none. A probe without any answer, once or twice in a row, may have been lost on the way and shows nothing:
// it is asked again, and meanwhile the last answer grows old, so that new writers wait. A PostgreSQL that
// refused, or did not answer three times, may have been started as something else since; a probe cannot tell
// a primary from a standby without a login, so the belief ends until the agent speaks again. (A restart
// between two probes goes unnoticed. Should the server be a standby then, it refuses writes by itself; it is
// only a second *primary* that would do harm, and of that the others would have to tell.)
#include <fmt/format.h>

#include "router/cluster/cluster_view_impl.h"

namespace tamada::router {

namespace {

// So many probes in a row without any answer are no accident.
constexpr unsigned probes_to_lose = 3;

}  // namespace

void ClusterView::Impl::settle_pause() {
  const std::optional<bool> changed = pause_.settle(beliefs(), now_);
  note_named_rival();
  if (!changed) return;
  if (*changed) {
    fact(FactKind::cluster_paused, "",
         "Patroni is in maintenance mode: the leader stays while its PostgreSQL answers, with or without "
         "its agent");
  } else {
    fact(FactKind::cluster_resumed, "", "Patroni's maintenance mode is over");
  }
}

bool ClusterView::Impl::leads_in_pause(const Watched& node) const {
  const NodeBelief& belief = node.belief;
  if (uncut_leader_ != belief.id() || belief.has_failed() || node.replaced || !belief.refusal().empty())
    return false;
  if (!belief.newest()) return false;
  const patroni::NodeStatus& last = belief.newest()->body;
  if (last.role != patroni::NodeRole::primary || !last.is_running()) return false;
  if (!pause_.is_paused_for(belief.id(), beliefs())) return false;
  const bool is_silent = belief.silences() > 0;
  if (is_silent && node.postgres_lost && *node.postgres_lost >= belief.silent_since()) return false;
  if (!is_silent && !belief.is_fresh(now_)) return false;
  return !has_rival(node);
}

// An hour of an upgrade has thousands of probes: one that was lost on the way is not to end the writes.
bool ClusterView::Impl::may_be_lost_on_the_way(Watched& node, const PostgresAnswer& answer) const {
  const bool unheard = !answer.answered && answer.silence == Silence::timeout;
  const bool matters = uncut_leader_ == node.belief.id() && pause_.is_paused_for(node.belief.id(), beliefs());
  if (!unheard || !matters) {
    node.postgres_unheard = 0;
    return false;
  }
  return ++node.postgres_unheard < probes_to_lose;
}

// Whether anything shows that another node leads, or is about to.
bool ClusterView::Impl::has_rival(const Watched& leader) const {
  const NodeId id = leader.belief.id();
  const std::optional<std::uint32_t> timeline = leader.belief.newest()->body.timeline;
  for (const auto& node : nodes_) {
    const NodeBelief& other = node->belief;
    if (other.id() == id || stands_for(other.id()) == id || stands_for(id) == other.id()) continue;
    if (!other.refusal().empty() || !other.is_fresh(now_)) continue;
    const patroni::NodeStatus& body = other.newest()->body;
    if (body.role == patroni::NodeRole::primary || body.role == patroni::NodeRole::promoted) return true;
    if (other.stand(now_) == Stand::holds_lock) return true;
    if (timeline && body.timeline && *body.timeline > *timeline) return true;
  }
  return named_rival_;
}

// Whether somebody was named as the leader, by the key or a /cluster, who cannot be asked whether it is so.
// It stays so when what was said grows old, for that nobody repeats it proves nothing: until that node is
// heard, or until a fresh word names the leader or a node that is heard.
void ClusterView::Impl::note_named_rival() {
  const Watched* leader = find(uncut_leader_);
  if (leader == nullptr || !pause_.is_paused_for(uncut_leader_, beliefs())) {
    named_rival_ = false;
    return;
  }
  const bool certain = leader->belief.name_is_certain();
  bool any_heard = false;
  bool any_unheard = false;
  const auto take = [&](NodeId named) {
    const Watched* node = find(named);
    const bool unheard = named != uncut_leader_ && (node == nullptr ? certain : !is_askable(*node));
    (unheard ? any_unheard : any_heard) = true;
    if (unheard) rival_ = named;
  };
  const KeySays key = key_says();
  if (key.kind != KeySays::Kind::nobody && !key.name.empty()) take(key.node);
  for (const Opinion& opinion : opinions()) {
    if (opinion.kind == Opinion::Kind::names || opinion.kind == Opinion::Kind::stranger) take(opinion.node);
  }
  const Watched* rival = find(rival_);
  const bool is_heard = rival != nullptr && is_askable(*rival);
  if (any_unheard) {
    named_rival_ = true;
  } else if (any_heard || is_heard) {
    named_rival_ = false;
  }
}

// The vote of a node that leads_in_pause().
void ClusterView::Impl::stay_in_pause(const Watched& node, Voter& voter) const {
  const NodeBelief& belief = node.belief;
  if (belief.silences() == 0) {
    voter.claim_since = voter.claim_sent = belief.newest()->sent;
    voter.words += ", and the cluster is paused: it stays the leader";
  } else {
    const bool vouched = node.opinion && node.opinion->outcome == SecondOpinion::Outcome::leads;
    if (!vouched) return;
    voter.claim_since = belief.silent_since();
    voter.claim_sent = node.opinion->vouched_at;
    voter.vouched = true;
    voter.words = fmt::format(
        "has not answered for {} s ({}); the cluster is paused and its PostgreSQL answers: it stays the"
        " leader",
        to_ms(now_ - belief.silent_since()) / 1000, belief.silence_words());
  }
  voter.stand = Stand::claims;
  voter.in_pause = true;
  voter.timeline = belief.newest()->body.timeline;
}

}  // namespace tamada::router
