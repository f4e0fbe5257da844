#include "router/cluster/opinion_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tamada::router {
namespace {

// scheme://host:port, in lower case, with the port always there and no path.
std::string place_of(std::string_view url) {
  std::string text(url);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string::npos) return text;
  const std::size_t host = scheme_end + 3;
  const std::size_t path = text.find('/', host);
  if (path != std::string::npos) text.resize(path);
  const std::size_t bracket = text.find(']', host);
  const std::size_t colon = text.find(':', bracket == std::string::npos ? host : bracket);
  if (colon == std::string::npos) text += text.starts_with("https") ? ":443" : ":80";
  return text;
}

// Who goes by `name`: best a node that is heard of lately and told its name itself, at last one that is only
// configured so. null: nobody.
const NodeBelief* node_named(const std::string& name, const std::vector<const NodeBelief*>& nodes,
                             TimePoint now) {
  const NodeBelief* best = nullptr;
  int best_rank = -1;
  for (const NodeBelief* node : nodes) {
    if (!node->refusal().empty() || node->name() != name) continue;
    const int rank = (node->name_is_certain() ? 2 : 0) + (node->is_fresh(now) ? 1 : 0);
    if (rank <= best_rank) continue;
    best = node;
    best_rank = rank;
  }
  return best;
}

const NodeBelief* node_of(const patroni::ClusterMember& member, const std::vector<const NodeBelief*>& nodes,
                          TimePoint now) {
  const NodeBelief* by_name = node_named(member.name, nodes, now);
  if (by_name != nullptr && by_name->name_is_certain()) return by_name;
  for (const NodeBelief* node : nodes) {
    const bool uncertain = node->refusal().empty() && !node->name_is_certain();
    if (uncertain && OpinionBoard::same_api(member.api_url, node->policy().api_url)) return node;
  }
  return by_name;
}

}  // namespace

std::string oversize_words(std::size_t bytes) {
  return fmt::format(
      "the leader key holds {} bytes, and a member's name has at most {}: it names nobody and is not counted",
      bytes, patroni::name_max);
}

bool OpinionBoard::hear(const LeaderKey& key) {
  if (key_ && key.as_of < key_->as_of) return false;
  const bool changed = key_ && (key_->lock_holder != key.lock_holder || key_->oversize != key.oversize);
  key_ = key;
  if (key.lock_holder) key_was_seen_ = true;
  return changed;
}

bool OpinionBoard::hear(const ClusterAnswer& answer, const std::string& scope) {
  const auto found = answers_.find(answer.node);
  if (found != answers_.end() && answer.sent <= found->second.sent) return false;
  ClusterAnswer& kept = answers_[answer.node] = answer;
  const bool foreign =
      kept.members && !scope.empty() && !kept.members->scope.empty() && kept.members->scope != scope;
  if (foreign) kept.members.reset();
  return true;
}

void OpinionBoard::forget_key() {
  key_.reset();
  key_was_seen_ = false;
}

KeySays OpinionBoard::key(const std::vector<const NodeBelief*>& nodes, Duration expire, TimePoint now) const {
  KeySays says;
  if (!key_ || now >= key_->as_of + expire) return says;
  says.as_of = key_->as_of;
  says.oversize = key_->oversize;
  if (says.oversize > 0) return says;
  if (!key_->lock_holder) {
    if (key_was_seen_) says.kind = KeySays::Kind::nobody;
    return says;
  }
  says.name = *key_->lock_holder;
  if (const NodeBelief* node = node_named(says.name, nodes, now)) {
    says.kind = KeySays::Kind::names;
    says.node = node->id();
  }
  return says;
}

std::vector<Opinion> OpinionBoard::opinions(const std::vector<const NodeBelief*>& nodes, Duration expire,
                                            TimePoint now) const {
  std::vector<Opinion> all;
  for (const NodeBelief* giver : nodes) {
    const auto found = answers_.find(giver->id());
    if (found == answers_.end() || !giver->refusal().empty() || now >= found->second.sent + expire) continue;
    Opinion opinion{giver->id(), found->second.sent, Opinion::Kind::failed, {}, {}};
    if (found->second.members) {
      const patroni::ClusterMember* leader = found->second.members->leader();
      if (leader == nullptr || leader->role != "leader") {
        opinion.kind = Opinion::Kind::nobody;
      } else {
        const NodeBelief* node = node_of(*leader, nodes, now);
        opinion.kind = node == nullptr ? Opinion::Kind::stranger : Opinion::Kind::names;
        opinion.node = node == nullptr ? NodeId{} : node->id();
        opinion.name = leader->name;
      }
    }
    all.push_back(std::move(opinion));
  }
  return all;
}

NodeId OpinionBoard::node_called(const std::string& name, const std::vector<const NodeBelief*>& nodes,
                                 TimePoint now) {
  const NodeBelief* node = node_named(name, nodes, now);
  return node == nullptr ? NodeId{} : node->id();
}

std::optional<std::string> OpinionBoard::listed_name(const patroni::ClusterMembers& members,
                                                     const std::string& api_url, const std::string& current) {
  std::optional<std::string> found;
  for (const patroni::ClusterMember& member : members.members) {
    if (!same_api(member.api_url, api_url)) continue;
    if (member.name == current) return current;  // a renamed node leaves its old entry behind for a while
    if (found) return std::nullopt;
    found = member.name;
  }
  return found;
}

std::vector<patroni::ClusterMember> OpinionBoard::strangers(
    const std::vector<const NodeBelief*>& nodes) const {
  const ClusterAnswer* newest = nullptr;
  for (const NodeBelief* node : nodes) {
    const auto found = answers_.find(node->id());
    if (found == answers_.end() || !found->second.members || !node->refusal().empty()) continue;
    if (newest == nullptr || found->second.sent > newest->sent) newest = &found->second;
  }
  std::vector<patroni::ClusterMember> strangers;
  if (newest == nullptr) return strangers;
  for (const patroni::ClusterMember& member : newest->members->members) {
    const bool known = std::any_of(nodes.begin(), nodes.end(), [&](const NodeBelief* node) {
      return node->name() == member.name || same_api(member.api_url, node->policy().api_url);
    });
    if (!known) strangers.push_back(member);
  }
  return strangers;
}

bool OpinionBoard::same_api(const std::string& a, const std::string& b) {
  return !a.empty() && place_of(a) == place_of(b);
}

}  // namespace tamada::router
