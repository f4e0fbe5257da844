#include "agent/ha/sync_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tamada::ha {
namespace {

using Names = std::vector<std::string>;

bool has(const Names& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return same_name(one, name); });
}

Names common(const Names& a, const Names& b) {
  Names both;
  std::copy_if(a.begin(), a.end(), std::back_inserter(both),
               [&](const std::string& name) { return has(b, name); });
  return both;
}

bool same(const Names& a, const Names& b) {
  return a.size() == b.size() && common(a, b).size() == a.size();
}

std::string list(const Names& names) {
  return names.empty() ? "nobody" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

void SyncPlan::forget() {
  wanted_.reset();
  is_known_ = false;
  has_nobody_ = false;
  noted_.clear();
}

Names SyncPlan::pick(const std::string& me, const ClusterSettings& settings, const StoreView& store,
                     const ServerView& server) const {
  struct Candidate {
    const WalSender* sender;
    const MemberView* member;
    bool is_in;
  };
  std::vector<Candidate> candidates;
  Lsn foremost = 0;
  for (const WalSender& sender : server.senders) {
    const MemberView* member = nullptr;
    for (const MemberView& one : store.members) {
      if (same_name(one.name, sender.name)) member = &one;
    }
    if (member == nullptr || same_name(member->name, me) || !member->is_running || !sender.is_streaming ||
        !sender.flushed || member->tags.sync_priority <= 0) {
      continue;
    }
    foremost = std::max(foremost, *sender.flushed);
    candidates.push_back({&sender, member, store.sync.has_standby(member->name)});
  }
  if (settings.maximum_lag_on_syncnode > 0) {
    const auto limit = static_cast<Lsn>(settings.maximum_lag_on_syncnode);
    std::erase_if(candidates, [&](const Candidate& one) { return *one.sender->flushed + limit < foremost; });
  }
  // Who is synchronous already stays so among equals: a change costs commits a wait.
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.member->tags.nofailover != b.member->tags.nofailover) return b.member->tags.nofailover;
    if (a.member->tags.sync_priority != b.member->tags.sync_priority) {
      return a.member->tags.sync_priority > b.member->tags.sync_priority;
    }
    if (a.is_in != b.is_in) return a.is_in;
    return *a.sender->flushed > *b.sender->flushed;
  });
  Names names;
  for (const Candidate& one : candidates) {
    if (names.size() < settings.synchronous_node_count && !has(names, one.member->name)) {
      names.push_back(one.member->name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

void SyncPlan::note_positions(const ServerView& server) {
  std::erase_if(noted_, [&](const auto& one) { return !has(server.synchronous_names, one.first); });
  for (const std::string& name : server.synchronous_names) {
    if (server.written) noted_.try_emplace(name, *server.written);
  }
}

bool SyncPlan::is_confirmed(const std::string& name, const ServerView& server) const {
  const auto noted = noted_.find(name);
  if (noted == noted_.end()) return false;
  return std::any_of(server.senders.begin(), server.senders.end(), [&](const WalSender& sender) {
    return same_name(sender.name, name) && sender.is_streaming && sender.is_sync && sender.flushed &&
           *sender.flushed >= noted->second;
  });
}

SyncChange SyncPlan::next(const std::string& me, const ClusterSettings& settings, const StoreView& store,
                          const ServerView& server) {
  const SyncView& key = store.sync;
  if (!is_known_) {
    if (same_name(key.leader, me)) wanted_ = key.standbys;
    is_known_ = true;
  }
  if (!settings.synchronous_mode) {
    if (key.mod_revision != 0) return {SyncChange::Kind::remove_key, {}, "synchronous mode is off"};
    wanted_.reset();
    noted_.clear();
    has_nobody_ = false;
    return {};
  }
  note_positions(server);
  if (!same_name(key.leader, me)) {
    return {SyncChange::Kind::write_key, {}, fmt::format("{} leads", me)};
  }
  Names picked = pick(me, settings, store, server);
  has_nobody_ = picked.empty();
  if (picked.empty() && settings.synchronous_mode_strict) picked = key.standbys;
  const Names stay = common(key.standbys, picked);
  if (stay.size() < key.standbys.size()) {
    return {SyncChange::Kind::write_key, stay,
            fmt::format("{} instead of {}", list(stay), list(key.standbys))};
  }
  if (!wanted_ || !same(*wanted_, picked)) {
    wanted_ = picked;
    return {SyncChange::Kind::set_names, picked, fmt::format("wait for {}", list(picked))};
  }
  if (!same(server.synchronous_names, picked)) return {};
  Names confirmed;
  for (const std::string& name : picked) {
    if (key.has_standby(name) || is_confirmed(name, server)) confirmed.push_back(name);
  }
  if (same(confirmed, key.standbys)) return {};
  return {SyncChange::Kind::write_key, confirmed, fmt::format("{} confirmed", list(confirmed))};
}

SyncChange SyncPlan::before_writing(const std::string& me, const ClusterSettings& settings,
                                    const StoreView& store) {
  const SyncView& key = store.sync;
  forget();
  is_known_ = true;
  if (key.mod_revision != 0 && same_name(key.leader, me)) {
    wanted_ = key.standbys;
    return {};
  }
  if (!settings.synchronous_mode) return {};
  wanted_ = Names{};
  return {SyncChange::Kind::write_key, {}, fmt::format("{} is about to lead", me)};
}

}  // namespace tamada::ha
