#include "router/cluster/leader_election.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace tamada::router {
namespace {

using Claims = std::vector<const Voter*>;

bool is_claimant(const Claims& claims, NodeId node) {
  return std::any_of(claims.begin(), claims.end(), [&](const Voter* voter) { return voter->id == node; });
}

// Heard nothing but silence since the other claim was made: its own claim is from before.
bool fell_silent(const Voter& voter, const Voter& other, const Ballot& ballot) {
  if (voter.vouched || other.claim_since <= voter.claim_sent) return false;
  if (voter.refused_at && *voter.refused_at >= other.claim_since) return true;
  return voter.silent_since && ballot.now >= *voter.silent_since + ballot.timeout;
}

Claims claims_of(const Ballot& ballot) {
  Claims all;
  for (const Voter& voter : ballot.voters) {
    if (voter.stand == Stand::claims) all.push_back(&voter);
  }
  Claims standing;
  for (const Voter* voter : all) {
    const bool silent = std::any_of(all.begin(), all.end(), [&](const Voter* other) {
      return other != voter && fell_silent(*voter, *other, ballot);
    });
    if (!silent) standing.push_back(voter);
  }
  return standing;
}

bool is_certain_any(const Claims& claims) {
  return std::any_of(claims.begin(), claims.end(), [](const Voter* voter) { return voter->name_is_certain; });
}

// What every voter but the claimants says about the claim of `claimant`.
struct Votes {
  std::vector<std::string> not_claiming;  // said no, refused, silent: they do not claim, in words
  std::vector<std::string> missing;       // not known yet
  std::vector<NodeId> poll_now;
  std::optional<TimePoint> look_again;
};

Votes count_votes(const Voter& claimant, const Claims& claims, const Ballot& ballot) {
  Votes votes;
  for (const Voter& voter : ballot.voters) {
    if (is_claimant(claims, voter.id)) continue;
    if (voter.refused_at && *voter.refused_at >= claimant.claim_since) {
      votes.not_claiming.push_back(voter.name + " refused the connection");
      continue;
    }
    if (voter.silent_since && ballot.now >= *voter.silent_since + ballot.timeout) {
      votes.not_claiming.push_back(voter.name + " is silent");
      continue;
    }
    if (voter.stand == Stand::no && voter.stand_sent >= claimant.claim_since) {
      votes.not_claiming.push_back(voter.name + " said no");
      continue;
    }
    votes.missing.push_back(
        voter.stand == Stand::holds_lock ? fmt::format("{}, which {}", voter.name, voter.words) : voter.name);
    votes.poll_now.push_back(voter.id);
    if (voter.silent_since) {
      const TimePoint at = *voter.silent_since + ballot.timeout;
      votes.look_again = votes.look_again ? std::min(*votes.look_again, at) : at;
    }
  }
  return votes;
}

std::string said(const Voter& claimant, const Votes& votes) {
  if (votes.not_claiming.empty()) return fmt::format("{} {}", claimant.name, claimant.words);
  return fmt::format("{} {}; {}", claimant.name, claimant.words, fmt::join(votes.not_claiming, "; "));
}

std::string names_of(const Claims& claims) {
  std::vector<std::string> names;
  for (const Voter* voter : claims) names.push_back(voter->name);
  return fmt::format("{}", fmt::join(names, " and "));
}

std::string claim_to_lead(const Claims& claims) {
  return names_of(claims) + (claims.size() == 2 ? " both claim to lead" : " all claim to lead");
}

// What the /cluster answers come to.
struct Naming {
  bool agreed = false;    // all name the same one
  bool stranger = false;  // that is somebody whom no node stands for
  NodeId node;            // whom, if it is a node of ours
  std::string who;        // "pg-b", "nobody"
  std::string giver;      // one of those who said so
  bool complete = true;   // everybody who can be asked was, since `since`
};

// `since`: answers that were asked for earlier do not count. Failed answers count as asked.
Naming naming_by(const std::vector<const Voter*>& givers, TimePoint since, const Ballot& ballot) {
  Naming naming;
  bool any = false;
  for (const Voter* giver : givers) {
    const auto found = std::find_if(
        ballot.opinions.begin(), ballot.opinions.end(),
        [&](const Opinion& opinion) { return opinion.giver == giver->id && opinion.sent >= since; });
    if (found == ballot.opinions.end()) {
      if (!giver->silent_since) naming.complete = false;
      continue;
    }
    if (found->kind == Opinion::Kind::failed) continue;
    const std::string who = found->kind == Opinion::Kind::nobody ? "nobody" : found->name;
    if (any && (who != naming.who || found->node != naming.node)) naming.agreed = false;
    if (!any) {
      any = naming.agreed = true;
      naming.node = found->node;
      naming.who = who;
      naming.stranger = found->kind == Opinion::Kind::stranger;
      naming.giver = giver->name;
    }
  }
  return naming;
}

std::vector<const Voter*> others_than(const Claims& claims, const Ballot& ballot) {
  std::vector<const Voter*> others;
  for (const Voter& voter : ballot.voters) {
    if (!voter.foreign && !is_claimant(claims, voter.id)) others.push_back(&voter);
  }
  return others;
}

Election waiting(const Voter& claimant, const Votes& votes, std::string reason) {
  Election none;
  none.reason = std::move(reason);
  none.poll_now = votes.poll_now;
  none.poll_now_since = claimant.claim_since;
  none.want_opinions = true;
  none.look_again = votes.look_again;
  return none;
}

Election win(const Voter& claimant, std::string reason, bool by_naming) {
  Election election;
  election.winner = claimant.id;
  election.reason = std::move(reason);
  election.by_naming = by_naming;
  return election;
}

// A fresh leader key. Nothing: it has nothing to say.
std::optional<Election> ask_key(const Claims& claims, const Ballot& ballot) {
  const KeySays& key = ballot.key;
  if (key.kind == KeySays::Kind::unknown && key.name.empty()) return std::nullopt;
  if (key.kind == KeySays::Kind::names) {
    for (const Voter* claimant : claims) {
      if (claimant->id != key.node) continue;
      const std::string claim =
          claims.size() > 1 ? claim_to_lead(claims) : fmt::format("{} {}", claimant->name, claimant->words);
      return win(*claimant, fmt::format("{}; the leader key names {}", claim, claimant->name), true);
    }
  }
  if (key.kind == KeySays::Kind::unknown) {
    if (!is_certain_any(claims)) return std::nullopt;
  }
  Election veto;
  veto.vetoed = true;
  veto.reason =
      key.kind == KeySays::Kind::nobody
          ? fmt::format("{} claims to lead, but nobody holds the leader key", names_of(claims))
          : fmt::format("{} claims to lead, but the leader key names {}", names_of(claims), key.name);
  return veto;
}

// The only claim is that of the last leader of a paused cluster.
Election stay_in_pause(const Voter& leader, const Claims& claims, const Ballot& ballot) {
  Election stays = win(leader, fmt::format("{} {}", leader.name, leader.words), false);
  stays.in_pause = true;
  stays.want_opinions = true;  // should another one be named, that is a reason to look at him
  const Naming others = naming_by(others_than(claims, ballot), leader.claim_since, ballot);
  stays.contradicted = others.agreed && others.node.is_set() && others.node != leader.id;
  return stays;
}

Election decide_one(const Voter& claimant, const Claims& claims, const Ballot& ballot) {
  const Votes votes = count_votes(claimant, claims, ballot);
  std::vector<const Voter*> givers = others_than(claims, ballot);
  if (claimant.believed) {
    Election stays = win(claimant, said(claimant, votes), false);
    const Naming others = naming_by(givers, claimant.claim_since, ballot);
    stays.contradicted = others.agreed && others.node.is_set() && others.node != claimant.id;
    if (!stays.contradicted) return stays;
    stays.want_opinions = true;
    stays.look_again = ballot.contradicted_since.value_or(ballot.now) + ballot.timeout;
    if (ballot.now < *stays.look_again) return stays;
  }
  // With two nodes there may be nobody else to ask; the claimant's own reading of the store counts then.
  if (givers.size() <= 1) givers.push_back(&claimant);
  const Naming fresh = naming_by(givers, claimant.claim_since, ballot);
  const bool cannot_tell = fresh.stranger && !claimant.name_is_certain;
  if (fresh.agreed && fresh.node != claimant.id && !cannot_tell) {
    return waiting(
        claimant, votes,
        fmt::format("{} claims to lead, but /cluster of {} names {}", claimant.name, fresh.giver, fresh.who));
  }
  const Naming naming = fresh.agreed ? fresh : naming_by(givers, TimePoint{}, ballot);
  if (naming.agreed && naming.node == claimant.id) {
    return win(claimant,
               fmt::format("{} {}; /cluster of {} names it", claimant.name, claimant.words, naming.giver),
               true);
  }
  if (!votes.missing.empty()) {
    return waiting(
        claimant, votes,
        fmt::format("{} claims to lead, waiting for {}", claimant.name, fmt::join(votes.missing, " and ")));
  }
  for (const Voter& voter : ballot.voters) {
    if (claimant.timeline && voter.timeline && *voter.timeline > *claimant.timeline) {
      return waiting(claimant, votes,
                     fmt::format("{} claims to lead with timeline {}, but {} shows timeline {}",
                                 claimant.name, *claimant.timeline, voter.name, *voter.timeline));
    }
  }
  return win(claimant, said(claimant, votes), false);
}

// The one whose timeline is higher than that of all the others; null: there is none.
const Voter* highest_timeline(const Claims& claims) {
  const Voter* best = nullptr;
  bool alone = false;
  for (const Voter* voter : claims) {
    if (!voter->timeline) return nullptr;
    if (best == nullptr || *voter->timeline > *best->timeline) {
      best = voter;
      alone = true;
    } else if (*voter->timeline == *best->timeline) {
      alone = false;
    }
  }
  return alone ? best : nullptr;
}

Election decide_conflict(const Claims& claims, const Ballot& ballot) {
  TimePoint since = ballot.conflict_since.value_or(ballot.now);
  for (const Voter* claimant : claims) since = std::max(since, claimant->claim_since);
  Naming naming = naming_by(others_than(claims, ballot), since, ballot);
  const bool others_told = naming.agreed || !naming.who.empty();
  bool complete = naming.complete;
  if (!others_told && complete) {
    naming = naming_by(claims, since, ballot);
    complete = naming.complete;
  }
  const std::string both = claim_to_lead(claims);

  const bool cannot_tell = naming.stranger && !is_certain_any(claims);
  if (complete && naming.agreed && !cannot_tell) {
    for (const Voter* claimant : claims) {
      if (claimant->id != naming.node) continue;
      return win(*claimant, fmt::format("{}; /cluster of {} names {}", both, naming.giver, claimant->name),
                 true);
    }
    Votes nobody;
    return waiting(*claims.front(), nobody,
                   fmt::format("{}, but /cluster of {} names {}", both, naming.giver, naming.who));
  }
  const Voter* highest = highest_timeline(claims);
  Votes votes;
  if (highest != nullptr) votes = count_votes(*highest, claims, ballot);
  if (!complete) {
    // Nothing speaks against the one believed so far; the others wait until it is asked around.
    if (highest != nullptr && highest->believed) {
      Election stays =
          win(*highest, fmt::format("{}; {} has the highest timeline", both, highest->name), false);
      stays.want_opinions = true;
      return stays;
    }
    return waiting(*claims.front(), votes, both + ", asking the other members");
  }
  if (highest == nullptr)
    return waiting(*claims.front(), votes, both + ", and nobody can decide between them");
  if (!votes.missing.empty() && !highest->believed) {
    return waiting(*highest, votes,
                   fmt::format("{}, waiting for {}", both, fmt::join(votes.missing, " and ")));
  }
  Election election =
      win(*highest,
          fmt::format("{}; {} has the highest timeline, {}", both, highest->name, *highest->timeline), false);
  return election;
}

}  // namespace

Election elect(const Ballot& ballot) {
  const Claims claims = claims_of(ballot);
  Election election;
  if (claims.empty()) {
    std::vector<std::string> all;
    for (const Voter& voter : ballot.voters) all.push_back(fmt::format("{} {}", voter.name, voter.words));
    election.reason = all.empty() ? "no node is configured" : fmt::format("{}", fmt::join(all, ", "));
    return election;
  }
  if (claims.size() == 1 && claims.front()->in_pause) {
    election = stay_in_pause(*claims.front(), claims, ballot);
  } else if (std::optional<Election> by_key = ask_key(claims, ballot)) {
    election = std::move(*by_key);
  } else if (claims.size() == 1) {
    election = decide_one(*claims.front(), claims, ballot);
  } else {
    election = decide_conflict(claims, ballot);
  }
  election.conflict = claims.size() > 1;
  if (election.conflict) election.want_opinions = true;
  for (const Voter* claimant : claims) {
    election.opinions_since = std::max(election.opinions_since, claimant->claim_since);
  }
  return election;
}

}  // namespace tamada::router
