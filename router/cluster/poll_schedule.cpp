#include "router/cluster/poll_schedule.h"

#include <algorithm>

namespace tamada::router {

bool PollSchedule::answered(NodeId node, AskKind kind, TimePoint sent) {
  const auto found = books_.find(node);
  if (found == books_.end()) return false;
  Book& book = found->second;
  std::optional<TimePoint>& out = book.out[at(kind)];
  std::optional<TimePoint>& newest = book.answered[at(kind)];
  if (!out || (newest && sent <= *newest)) return false;
  newest = sent;
  out.reset();
  return std::exchange(book.extra[at(kind)], false);
}

void PollSchedule::begin(TimePoint now, bool fast) {
  now_ = now;
  if (!fast) {
    fast_since_.reset();
  } else if (!fast_since_) {
    fast_since_ = now;
  }
  asks_.clear();
  next_.reset();
}

void PollSchedule::due(TimePoint when) {
  next_ = next_ ? std::min(*next_, when) : when;
}

void PollSchedule::ask(Book& book, NodeId node, AskKind kind) {
  book.out[at(kind)] = now_;
  book.last[at(kind)] = now_;
  book.extra[at(kind)] = false;
  asks_.push_back({node, kind});
}

void PollSchedule::want_poll(NodeId node, AskKind kind, std::optional<TimePoint> not_since) {
  Book& book = books_[node];
  for (AskKind poll : {AskKind::master, AskKind::replica}) {
    if (book.out[at(poll)] && !book.extra[at(poll)]) return;
  }
  if (book.out[at(kind)]) return;
  TimePoint when = now_;
  if (book.polled && !(not_since && *book.polled < *not_since)) {
    Duration period = checks_.interval;
    double jitter = 1.0;
    if (fast_since_) {
      period = std::min(checks_.fast_interval, checks_.interval);
      if (now_ - *fast_since_ >= fast_for) {
        period = std::min(std::max(slow_fast_interval, period), checks_.interval);
      }
      jitter = book.jitter;
    }
    when = *book.polled + Duration{static_cast<Duration::rep>(static_cast<double>(period.count()) * jitter)};
  }
  if (when > now_) return due(when);
  ask(book, node, kind);
  book.polled = now_;
  book.jitter = std::uniform_real_distribution<double>(0.8, 1.2)(random_);
}

void PollSchedule::want_extra(NodeId node, AskKind kind) {
  Book& book = books_[node];
  if (book.out[at(kind)]) return;
  ask(book, node, kind);
  book.extra[at(kind)] = true;
}

void PollSchedule::want(NodeId node, AskKind kind, Duration spacing, std::optional<TimePoint> not_since) {
  Book& book = books_[node];
  if (book.out[at(kind)]) return;
  const std::optional<TimePoint>& last = book.last[at(kind)];
  const bool stale = last && not_since && *last < *not_since;
  if (last && !stale && *last + spacing > now_) return due(*last + spacing);
  ask(book, node, kind);
}

bool PollSchedule::is_out(NodeId node, AskKind kind) const {
  const auto found = books_.find(node);
  return found != books_.end() && found->second.out[at(kind)].has_value();
}

}  // namespace tamada::router
