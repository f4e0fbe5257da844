#include "router/history/failover_log.h"

#include <algorithm>
#include <utility>

namespace tamada::router {
namespace {

constexpr std::size_t seen_kept = 64;
std::uint64_t grown(std::uint64_t before, std::uint64_t now) {
  return now >= before ? now - before : now;
}

void add_step(Failover& record, FailoverStep step) {
  const bool milestone = traits_of(step.kind).use == FailoverUse::milestone;
  if (record.steps.size() >= FailoverLog::steps_kept) {
    if (!milestone) return;
    record.steps.pop_back();
  }
  record.steps.push_back(std::move(step));
}

}  // namespace

void FailoverLog::restore(std::vector<Failover> records) {
  for (Failover& record : records) {
    if (past_.size() == kept) break;
    last_number_ = std::max(last_number_, record.number);
    if (!record.is_over()) {
      const WallTime known =
          record.steps.empty() ? record.leader_gone.value_or(WallTime{}) : record.steps.back().at;
      record.stood_still = std::max(
          std::chrono::milliseconds{},
          std::chrono::duration_cast<std::chrono::milliseconds>(known - record.leader_gone.value_or(known)));
      add_step(record, {known, FactKind::router_stop, "",
                        "the router ended before this did: what follows is not known"});
    }
    past_.push_back(std::move(record));
  }
}

// ---- what is seen

bool FailoverLog::is_sign(const Fact& fact) const {
  if (!leads_) return false;
  switch (traits_of(fact.kind).sign) {
    case SignWhen::never:
      return false;
    case SignWhen::about_leader:
      return fact.node == leader_name_;
    case SignWhen::about_another:
      return fact.node != leader_name_;
    case SignWhen::always:
      return true;
  }
  return false;
}

void FailoverLog::remember(FailoverStep step, bool sign, At at) {
  if (open_) add_step(open_->record, step);
  const FailoverTotals totals = sign ? totals_before(step.kind) : FailoverTotals{};
  seen_.push_back({at.now, std::move(step), sign, totals});
  while (seen_.size() > seen_kept || (!seen_.empty() && at.now - seen_.front().at > sign_lasts)) {
    seen_.pop_front();
  }
}

// Only on what was announced nobody has acted yet.
FailoverTotals FailoverLog::totals_before(FactKind sign) const {
  return traits_of(sign).sign == SignWhen::always ? totals_() : calm_[0];
}

void FailoverLog::forget_signs() {
  for (Seen& seen : seen_) seen.is_sign = false;
}

void FailoverLog::forget_signs(FactKind kind) {
  for (Seen& seen : seen_) {
    if (seen.step.kind == kind) seen.is_sign = false;
  }
}

void FailoverLog::hear(const Fact& fact, const LeaderView& leader, At at) {
  if (leads_ && leader.node == leader_) leader_name_ = leader.name;
  if (traits_of(fact.kind).use == FailoverUse::none) return;
  const bool sign = is_sign(fact);
  if (leads_ && (fact.kind == FactKind::leader_unconfirmed || fact.kind == FactKind::leader_lost))
    begin(fact, at);
  remember({at.wall, fact.kind, fact.node, fact.words}, sign, at);

  if (fact.kind == FactKind::leader_lost && open_) {
    open_->lost = true;
    changed_ = true;
    // Once somebody else claims, that is all it says.
    const bool claimed = std::any_of(claims_.begin(), claims_.end(),
                                     [&](const auto& claim) { return claim.first != leader_; });
    if (!claimed) open_->record.why_gone = fact.words;
  } else if (fact.kind == FactKind::leader_confirmed) {
    confirm(fact, leader.node, at);
  } else if (fact.kind == FactKind::switchover_called_off) {
    call_off(fact, at);
  } else if (fact.kind == FactKind::node_back && fact.node == leader_name_) {
    forget_signs(FactKind::node_silent);
    forget_signs(FactKind::node_unanswered);
  }
}

void FailoverLog::hear(const PollAnswer& answer, At at) {
  if (!leader_.is_set() || answer.node != leader_) return;
  const bool missed = !is_usable(answer);
  if (missed) {
    if (leads_ && !missed_) {
      remember({at.wall, FactKind::node_unanswered, leader_name_,
                answer.words.empty() ? "an answer without use" : answer.words},
               true, at);
    }
    missed_ = true;
    return;
  }
  if (missed_) forget_signs(FactKind::node_unanswered);
  missed_ = false;
  if (answer.body->state == "stopping") {
    stopping_ = true;
    if (open_ && !open_->confirmed) open_->record.planned = true;
  } else if (leads_) {
    stopping_ = false;
    calm_ = {calm_[1], totals_()};
  }
}

void FailoverLog::claims(const std::vector<NodeId>& claimants, At at) {
  std::erase_if(claims_, [&](const auto& claim) {
    return std::find(claimants.begin(), claimants.end(), claim.first) == claimants.end();
  });
  for (const NodeId node : claimants) claims_.try_emplace(node, at);
}

void FailoverLog::first_session(NodeId node, At at) {
  if (!open_ || !open_->confirmed || node != open_->to) return;
  open_->record.first_session = at.wall;
  end(at.wall);
}

void FailoverLog::tick(At at) {
  if (open_ && open_->confirmed && at.now - *open_->confirmed >= nobody_came) end(std::nullopt);
}

// ---- the record

void FailoverLog::begin(const Fact& fact, At at) {
  if (open_) end(std::nullopt);
  leads_ = false;
  Open open;
  open.record.number = ++last_number_;
  open.record.from = leader_name_;
  open.record.leader_gone = at.wall;
  open.record.why_gone = fact.reason.empty() ? fact.words : fact.reason;
  open.record.planned = stopping_;
  open.gone = at.now;
  open.before = totals_();
  const auto counts_as_sign = [&](const Seen& seen) {
    const Duration limit = seen.step.kind == FactKind::node_hint ? hint_lasts : sign_lasts;
    return seen.is_sign && at.now - seen.at <= limit;
  };
  const auto first = std::find_if(seen_.begin(), seen_.end(), counts_as_sign);
  if (first != seen_.end()) {
    open.record.first_sign = first->step.at;
    open.before = first->totals;
  }
  // From the first sign on; without any, what came with the loss.
  const auto from = first != seen_.end() ? first
                                         : std::find_if(seen_.begin(), seen_.end(),
                                                        [&](const Seen& seen) { return seen.at == at.now; });
  for (auto seen = from; seen != seen_.end(); ++seen) {
    if (seen->is_sign && seen->step.kind == FactKind::switchover_announced) open.record.planned = true;
    add_step(open.record, seen->step);
  }
  open_ = std::move(open);
}

void FailoverLog::confirm(const Fact& fact, NodeId leader, At at) {
  const bool again = open_ && leader == leader_ && !open_->lost;
  leader_ = leader;
  leader_name_ = fact.node;
  leads_ = true;
  missed_ = stopping_ = false;
  calm_.fill(totals_());
  forget_signs();
  if (!open_) return;
  if (again && !counts(*open_, at.now)) {
    open_.reset();
    --last_number_;
    return;
  }
  open_->to = leader;
  open_->confirmed = at.now;
  open_->record.to = fact.node;
  open_->record.confirmed = at.wall;
  open_->record.why_confirmed = fact.words;
  if (const auto claim = claims_.find(leader); claim != claims_.end()) {
    open_->record.claimed = std::max(claim->second.wall, *open_->record.leader_gone);
  }
  changed_ = true;
}

// New writers waited from the announcement on, for nothing.
void FailoverLog::call_off(const Fact& fact, At at) {
  const auto announced = std::find_if(seen_.rbegin(), seen_.rend(), [](const Seen& seen) {
    return seen.is_sign && seen.step.kind == FactKind::switchover_announced;
  });
  if (open_ || announced == seen_.rend()) return;
  Open open;
  open.before = announced->totals;
  open.record.from = open.record.to = leader_name_;
  open.record.planned = true;
  open.record.first_sign = open.record.leader_gone = announced->step.at;
  open.record.confirmed = at.wall;
  open.record.why_gone = announced->step.words;
  open.record.why_confirmed = fact.words;
  open.record.steps = {announced->step, {at.wall, fact.kind, fact.node, fact.words}};
  forget_signs(FactKind::switchover_announced);
  count(open.record, open.before);
  if (open.record.waited + open.record.failed == 0) return;
  open.record.number = ++last_number_;
  open_ = std::move(open);
  end(std::nullopt);
}

void FailoverLog::end(std::optional<WallTime> first_session) {
  Failover record = std::move(open_->record);
  count(record, open_->before);
  calm_.fill(totals_());
  open_.reset();
  const WallTime until = first_session ? *first_session : record.confirmed.value_or(*record.leader_gone);
  record.stood_still =
      std::max(std::chrono::milliseconds{},
               std::chrono::duration_cast<std::chrono::milliseconds>(until - *record.leader_gone));
  past_.push_front(std::move(record));
  if (past_.size() > kept) past_.pop_back();
  changed_ = true;
}

void FailoverLog::count(Failover& record, const FailoverTotals& before) const {
  const FailoverTotals now = totals_();
  record.waited = grown(before.waited, now.waited);
  record.cut = grown(before.cut, now.cut);
  record.failed = grown(before.failed, now.failed);
}

bool FailoverLog::counts(const Open& open, TimePoint end) const {
  if (open.lost || open.confirmed || end - open.gone >= short_gap) return true;
  Failover counted;
  count(counted, open.before);
  return counted.waited + counted.cut + counted.failed > 0;
}

std::vector<Failover> FailoverLog::records(TimePoint now) const {
  std::vector<Failover> all;
  if (open_ && counts(*open_, now)) {
    all.push_back(open_->record);
    count(all.back(), open_->before);
  }
  for (const Failover& record : past_) {
    if (all.size() == kept) break;
    all.push_back(record);
  }
  return all;
}

}  // namespace tamada::router
