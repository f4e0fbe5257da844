#include "router/session/dispatcher.h"

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::router {

Dispatcher::Dispatcher(std::uint32_t seed, Events events) : events_(std::move(events)), admission_(seed) {}

void Dispatcher::configure(const std::vector<ListenerPolicy>& listeners) {
  AdmissionNews news;
  {
    const std::lock_guard lock(mutex_);
    admission_.configure(listeners, loop::boot_now(), news.grants);
    note(Held{}, news);
  }
  send(std::move(news));
}

void Dispatcher::apply(RoutingTablePtr table) {
  AdmissionNews news;
  {
    const std::lock_guard lock(mutex_);
    table_ = table;
    candidates_.clear();
    for (const ListenerRoutes& routes : table->listeners) {
      for (const Candidate& candidate : routes.candidates) candidates_.insert(candidate.node);
    }
    admission_.apply(std::move(table), loop::boot_now(), news.grants);
    note(Held{}, news);
  }
  send(std::move(news));
}

Dispatcher::Answer Dispatcher::request(SessionId session, ListenerId listener, const Address& client) {
  AdmissionNews news;
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    answer.verdict = admission_.request(session, listener, client, loop::boot_now(), news.grants);
    answer.next = admission_.next_expiry();
    note(answer.verdict, news);
  }
  send(std::move(news));
  return answer;
}

Dispatcher::Answer Dispatcher::retry(SessionId session, NodeId node, RetryCause cause, std::string_view why) {
  AdmissionNews news;
  Answer answer;
  bool gone = false;
  {
    const std::lock_guard lock(mutex_);
    answer.verdict = admission_.retry(session, cause, why, loop::boot_now(), news.grants);
    answer.next = admission_.next_expiry();
    note(answer.verdict, news);
    gone = is_gone(node);
  }
  send(std::move(news));
  if (gone) events_.gone(node);
  return answer;
}

std::optional<TimePoint> Dispatcher::client_owes(SessionId session, bool takes) {
  AdmissionNews news;
  std::optional<TimePoint> next;
  {
    const std::lock_guard lock(mutex_);
    admission_.client_owes(session, takes, loop::boot_now(), news.grants);
    next = admission_.next_expiry();
    note(Held{}, news);
  }
  send(std::move(news));
  return next;
}

void Dispatcher::server_owes(SessionId session) {
  const std::lock_guard lock(mutex_);
  admission_.server_owes(session);
}

void Dispatcher::started(SessionId session, std::optional<TimePoint> at) {
  AdmissionNews news;
  NodeId first;
  {
    const std::lock_guard lock(mutex_);
    const NodeId leader = admission_.started(session, at.has_value(), loop::boot_now(), news.grants);
    if (at && leader.is_set() && leader == first_start_) first = std::exchange(first_start_, NodeId{});
    note(Held{}, news);
  }
  send(std::move(news));
  if (first.is_set()) events_.first_start(first, *at);
}

void Dispatcher::set_weight(ListenerId listener, NodeId node, std::uint32_t weight) {
  AdmissionNews news;
  {
    const std::lock_guard lock(mutex_);
    admission_.set_weight(listener, node, weight, loop::boot_now(), news.grants);
    note(Held{}, news);
  }
  send(std::move(news));
}

void Dispatcher::tell_first_start(NodeId node) {
  const std::lock_guard lock(mutex_);
  first_start_ = node;
}

void Dispatcher::ended(SessionId session, NodeId node) {
  AdmissionNews news;
  bool gone = false;
  {
    const std::lock_guard lock(mutex_);
    admission_.ended(session, loop::boot_now(), news.grants);
    note(Held{}, news);
    gone = is_gone(node);
  }
  send(std::move(news));
  if (gone) events_.gone(node);
}

std::optional<TimePoint> Dispatcher::expire() {
  AdmissionNews news;
  std::optional<TimePoint> next;
  {
    const std::lock_guard lock(mutex_);
    news.expiries = admission_.expire(loop::boot_now(), news.grants);
    next = admission_.next_expiry();
    note(Held{}, news);
  }
  send(std::move(news));
  return next;
}

std::vector<Address> Dispatcher::cancel_targets(ListenerId listener) const {
  const std::lock_guard lock(mutex_);
  std::vector<Address> targets;
  const auto add = [&](const Address& address) {
    if (address.is_set() && std::find(targets.begin(), targets.end(), address) == targets.end()) {
      targets.push_back(address);
    }
  };
  if (table_) {
    if (const ListenerRoutes* routes = table_->find(listener)) {
      for (const Candidate& candidate : routes->candidates) add(candidate.postgres);
    }
  }
  for (const NodeLoad& node : admission_.load(listener, loop::boot_now()).nodes) {
    const auto found = address_of_.find(node.node);
    if (node.sessions > 0 && found != address_of_.end()) add(found->second);
  }
  return targets;
}

std::unordered_map<ListenerId, ListenerLoad> Dispatcher::loads() const {
  const std::lock_guard lock(mutex_);
  return admission_.loads(loop::boot_now());
}

void Dispatcher::clear_maxima() {
  const std::lock_guard lock(mutex_);
  admission_.clear_maxima();
}

std::uint32_t Dispatcher::sessions_on(NodeId node) const {
  const std::lock_guard lock(mutex_);
  return admission_.sessions_on(node);
}

void Dispatcher::note(const Verdict& verdict, AdmissionNews& news) {
  const auto remember = [this](const Grant& grant) {
    address_of_[grant.candidate.node] = grant.candidate.postgres;
  };
  if (const Grant* grant = std::get_if<Grant>(&verdict)) remember(*grant);
  for (const Grant& grant : news.grants) remember(grant);
  news.displaced = admission_.take_displaced();
}

bool Dispatcher::is_gone(NodeId node) const {
  return node.is_set() && admission_.sessions_on(node) == 0 && candidates_.count(node) == 0;
}

void Dispatcher::send(AdmissionNews news) {
  if (news.is_empty()) return;
  for (std::uint32_t worker = 0; worker < workers_.size(); ++worker) {
    AdmissionNews own;
    for (Grant& grant : news.grants) {
      if (grant.session.worker == worker) own.grants.push_back(std::move(grant));
    }
    for (Expiry& expiry : news.expiries) {
      if (expiry.session.worker == worker) own.expiries.push_back(std::move(expiry));
    }
    for (const SessionId session : news.displaced) {
      if (session.worker == worker) own.displaced.push_back(session);
    }
    if (!own.is_empty()) workers_[worker]->post_admissions(std::move(own));
  }
}

}  // namespace tamada::router
