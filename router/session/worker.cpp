#include "router/session/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"
#include "router/session/cancel_forward.h"
#include "router/session/session.h"

namespace tamada::router {

namespace {

// A node that sessions hint at, or that takes no connection, is reported again after this at the earliest: a
// thousand sessions meet the same fault.
constexpr Duration hint_again = 20ms;

// Is there a line in `newer` that `older` did not have?
bool has_new_cuts(const RoutingTable* older, const RoutingTable& newer) {
  for (const ListenerRoutes& routes : newer.listeners) {
    if (routes.cuts.empty()) continue;
    const ListenerRoutes* before = older != nullptr ? older->find(routes.listener) : nullptr;
    if (before == nullptr) return true;
    for (const CutLine& line : routes.cuts) {
      const bool known = std::any_of(before->cuts.begin(), before->cuts.end(), [&](const CutLine& old) {
        return old.node == line.node && old.before == line.before;
      });
      if (!known) return true;
    }
  }
  return false;
}

}  // namespace

Worker::Worker(std::uint32_t index, const WorkerShared& shared)
    : index_(index),
      shared_(shared),
      thread_(fmt::format("worker-{}", index), read_buffer_size),
      loop_(thread_.loop()),
      deadline_timer_(loop_, [this] { deadline_fired(); }),
      expiry_timer_(loop_,
                    [this] {
                      expiry_armed_.reset();
                      expire_at(shared_.dispatcher.expire());
                    }),
      gate_timer_(loop_, [this] { check_gate(); }) {
  loop_.set_turn_hook([this] { look_at_table(); });
}

Worker::~Worker() = default;

void Worker::start() {
  thread_.start([this] {
    acceptors_.clear();
    end_sessions(EndReason::shutdown);
    cancels_.clear();
  });
}

void Worker::post_stop() {
  thread_.post_stop();
}

void Worker::join() {
  thread_.join();
}

// ---- tables

void Worker::post_table(RoutingTablePtr table) {
  {
    const std::lock_guard lock(table_mutex_);
    pending_table_ = std::move(table);
  }
  has_pending_table_.store(true, std::memory_order_release);
  // Wakes it: the hook at the top of the turn does the work, unless this came into a turn already begun.
  loop_.post([this] { look_at_table(); });
}

void Worker::look_at_table() {
  const bool is_new = take_table();
  if (table_ == nullptr) return;
  const TimePoint until = table_->good_until;
  const bool out = until != TimePoint::max() && loop::boot_now() >= until;
  loop_.set_turn_limit(out ? TimePoint::max() : until);
  const bool changed = out != std::exchange(ran_out_, out);
  if (changed && out) {
    shared_.log.write(LogLevel::warn, "table.ran_out",
                      {{"worker", std::uint64_t{index_}},
                       {"sessions", std::uint64_t{sessions_.size()}},
                       {"effect", "what clients send to the leader waits for a new table"}});
  } else if (changed) {
    shared_.log.write(LogLevel::warn, "table.renewed", {{"worker", std::uint64_t{index_}}});
  }
  // A new one that has run out as well may be about other nodes.
  if (!changed && !(out && is_new)) return;
  for (Session* session : all_sessions()) session->on_table_age(*table_, out);
}

bool Worker::take_table() {
  if (!has_pending_table_.load(std::memory_order_acquire)) return false;
  RoutingTablePtr newer;
  {
    const std::lock_guard lock(table_mutex_);
    has_pending_table_.store(false, std::memory_order_relaxed);
    newer = std::move(pending_table_);
  }
  if (!newer) return false;
  const RoutingTablePtr older = std::exchange(table_, std::move(newer));
  if (has_new_cuts(older.get(), *table_)) {
    for (Session* session : all_sessions()) session->on_table(*table_);
  }
  shared_.callbacks.on_worker_acknowledged(index_, table_->generation);
  return true;
}

// ---- admission

void Worker::post_admissions(AdmissionNews news) {
  loop_.post([this, news = std::move(news)] {
    for (const Grant& grant : news.grants) {
      const auto found = sessions_.find(grant.session.number);
      if (found != sessions_.end()) found->second->on_grant(grant);
    }
    for (const Expiry& expiry : news.expiries) {
      const auto found = sessions_.find(expiry.session.number);
      if (found != sessions_.end()) found->second->on_expiry(expiry.refusal);
    }
    for (const SessionId session : news.displaced) {
      const auto found = sessions_.find(session.number);
      if (found != sessions_.end()) found->second->make_room();
    }
  });
}

void Worker::expire_at(std::optional<TimePoint> when) {
  if (!when || (expiry_armed_ && *expiry_armed_ <= *when)) return;
  expiry_armed_ = when;
  expiry_timer_.start(std::max<Duration>(*when - loop::boot_now(), 1ms));
}

// ---- what sessions need

void Worker::remember_name(NodeId node, const std::string& name) {
  std::string& known = names_[node];
  if (known != name) known = name;
}

const std::string& Worker::name_of(NodeId node) const {
  static const std::string none = "-";
  const auto found = names_.find(node);
  return found == names_.end() ? none : found->second;
}

void Worker::change_deadline(Session& session, TimePoint old, TimePoint due) {
  deadlines_.change(session.id().number, old, due);
  arm_deadline_timer();
}

void Worker::change_owing(Session& session, TimePoint old, TimePoint since) {
  owing_.change(session.id().number, old, since);
}

void Worker::arm_deadline_timer() {
  const std::optional<TimePoint> next = deadlines_.next();
  if (!next) {
    deadline_timer_.stop();
    deadline_armed_.reset();
    return;
  }
  // Armed for sooner: it will find nothing due and be armed anew, which is cheaper than to move it each time.
  if (deadline_armed_ && *deadline_armed_ <= *next) return;
  deadline_armed_ = next;
  deadline_timer_.start(std::max<Duration>(*next - loop::boot_now(), 1ms));
}

void Worker::deadline_fired() {
  deadline_armed_.reset();
  const TimePoint now = loop::boot_now();
  while (const auto number = deadlines_.take_due(now)) {
    const auto found = sessions_.find(*number);
    if (found != sessions_.end()) found->second->on_deadline();
  }
  arm_deadline_timer();
}

bool Worker::is_due_again(TimePoint& last) {
  const TimePoint now = loop::boot_now();
  if (last != TimePoint{} && now - last < hint_again) return false;
  last = now;
  return true;
}

void Worker::report_hint(const SessionHint& hint) {
  if (is_due_again(hinted_[hint.node])) shared_.callbacks.on_worker_hint(hint);
}

void Worker::report_no_connection(NodeId node) {
  if (is_due_again(unconnected_[node])) shared_.callbacks.on_worker_no_connection(node);
}

void Worker::forward_cancel(const postgres::CancelRequest& request, std::string proxy_header,
                            const ListenerSettingsPtr& settings, UniqueFd client, const Address& address) {
  const std::optional<Address> owner = shared_.cancel_registry.find(request);
  const bool too_many =
      owner ? cancels_.size() - unknown_cancels_ >= cancels_max : unknown_cancels_ >= unknown_cancels_max;
  if (too_many) {
    const std::string from = address.ip_bytes();
    const std::string name = address.to_string();
    shared_.log.write_joined(LogLevel::warn, "cancel.dropped", {settings->name, from},
                             {{"listener", std::string_view(settings->name)},
                              {"client", std::string_view(name)},
                              {"known", owner.has_value()},
                              {"why", "too many cancel requests are on their way"}});
    return;
  }
  const std::vector<Address> servers =
      owner ? std::vector<Address>{*owner} : shared_.dispatcher.cancel_targets(settings->id);
  auto forward =
      std::make_unique<CancelForward>(static_cast<SessionCallbacks&>(*this), settings->name, address);
  CancelForward& begun = *forward;
  cancels_.emplace(&begun, std::move(forward));
  if (!owner) ++unknown_cancels_;
  begun.begin(std::move(client), std::move(proxy_header) + postgres::build_cancel_request(request), servers,
              owner.has_value(), settings->connect_timeout);
}

// ---- the end

void Worker::retire(Session& session) {
  const auto found = sessions_.find(session.id().number);
  retired_sessions_.push_back(std::move(found->second));
  sessions_.erase(found);
  shared_.gate.leave(index_);
  sweep_later();
  check_drained();
}

void Worker::retire(CancelForward& cancel) {
  if (!cancel.is_known()) --unknown_cancels_;
  const auto found = cancels_.find(&cancel);
  retired_cancels_.push_back(std::move(found->second));
  cancels_.erase(found);
  sweep_later();
}

void Worker::sweep_later() {
  if (std::exchange(sweeping_, true)) return;
  loop_.defer([this] {
    sweeping_ = false;
    retired_sessions_.clear();
    retired_cancels_.clear();
  });
}

std::vector<Session*> Worker::all_sessions() {
  std::vector<Session*> all;
  all.reserve(sessions_.size());
  for (const auto& [number, session] : sessions_) all.push_back(session.get());
  return all;
}

void Worker::post_drain(bool end_waiting) {
  loop_.post([this, end_waiting] {
    leaving_ = true;
    acceptors_.clear();
    gate_timer_.stop();
    if (end_waiting) {
      draining_ = true;
      for (Session* session : all_sessions()) session->on_drain();
    }
    check_drained();
  });
}

void Worker::post_end_sessions(EndReason reason) {
  loop_.post([this, reason] { end_sessions(reason); });
}

void Worker::end_sessions(EndReason reason) {
  for (Session* session : all_sessions()) session->end_now(reason);
}

void Worker::check_drained() {
  if (!leaving_ || !sessions_.empty()) return;
  shared_.callbacks.on_worker_drained(index_);
}

}  // namespace tamada::router
