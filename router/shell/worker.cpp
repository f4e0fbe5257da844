#include "router/shell/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"
#include "common/loop/start_thread.h"
#include "router/shell/cancel_forward.h"
#include "router/shell/session.h"

namespace tamada::router {

namespace {

// A node that smells, or takes no connection, is reported again after this at the earliest: a thousand
// sessions meet the same fault.
constexpr Duration smell_again = 20ms;
// How often a full router looks whether it has room again.
constexpr Duration gate_check = 20ms;
// What a client that owes something has in any case, however full the router is.
constexpr Duration owing_patience = 1s;

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
      loop_(read_buffer_size),
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
  thread_ = loop::start_thread(fmt::format("worker-{}", index_), [this] { run(); });
}

void Worker::run() {
  loop_.run();
  acceptors_.clear();
  end_sessions(EndReason::shutdown);
  cancels_.clear();
  loop_.run_once(loop::Loop::Wait::no);
}

void Worker::post_stop() {
  loop_.post([this] { loop_.stop(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

// ---- tables and listeners

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
  shared_.owner.on_worker_acknowledged(index_, table_->generation);
  return true;
}

void Worker::post_listeners(std::vector<WorkerListener> listeners, std::vector<WorkerSocket> sockets) {
  loop_.post([this, listeners = std::move(listeners), sockets = std::move(sockets)]() mutable {
    apply_listeners(std::move(listeners), std::move(sockets));
  });
}

void Worker::apply_listeners(std::vector<WorkerListener> listeners, std::vector<WorkerSocket> sockets) {
  for (WorkerListener& listener : listeners) {
    auto& context = listeners_[listener.settings->id];
    if (!context) context = std::make_unique<ListenerContext>();
    context->counters = listener.counters;
    context->settings = std::move(listener.settings);
  }
  if (leaving_) return;
  std::map<std::uint32_t, std::unique_ptr<Acceptor>> kept;
  for (WorkerSocket& socket : sockets) {
    std::unique_ptr<Acceptor>& acceptor = kept[socket.number];
    if (const auto found = acceptors_.find(socket.number); found != acceptors_.end()) {
      acceptor = std::move(found->second);
      acceptor->listener = socket.listener;
      continue;
    }
    acceptor =
        std::make_unique<Acceptor>(loop_, static_cast<AcceptorOwner&>(*this), socket.number, socket.listener);
    if (const auto begun = acceptor->begin(std::move(socket.socket)); !begun) {
      shared_.log.write(
          LogLevel::error, "listener.broken",
          {{"worker", std::uint64_t{index_}}, {"why", std::string_view(begun.error().message)}});
    }
    if (gate_closed_) acceptor->stop();
  }
  acceptors_ = std::move(kept);
}

// ---- clients

void Worker::on_client(ListenerId listener, loop::UniqueFd socket, const Address& peer) {
  const std::uint32_t chosen = shared_.gate.enter(index_);
  pause_if_full();
  if (chosen != index_) return shared_.owner.hand_over(chosen, listener, std::move(socket), peer);
  begin_session(listener, std::move(socket), peer);
}

void Worker::post_client(ListenerId listener, loop::UniqueFd socket, const Address& peer) {
  loop_.post([this, listener, peer, socket = std::move(socket)]() mutable {
    begin_session(listener, std::move(socket), peer);
  });
}

void Worker::begin_session(ListenerId listener, loop::UniqueFd socket, const Address& peer) {
  const auto context = listeners_.find(listener);
  // The listener's settings come before its first client, by the order of posts.
  if (context == listeners_.end()) {
    shared_.gate.leave(index_);
    return check_drained();
  }
  const std::uint64_t number = next_number_++;
  auto session = std::make_unique<Session>(static_cast<SessionHost&>(*this), *context->second,
                                           SessionId{index_, number}, peer);
  Session& begun = *session;
  sessions_.emplace(number, std::move(session));
  begun.begin(std::move(socket));
  // Accepted before the drain, and on its way here when that came.
  if (draining_ && !begun.has_ended()) begun.on_drain();
}

void Worker::pause_if_full() {
  if (gate_closed_ || !shared_.gate.is_full() || make_room()) return;
  gate_closed_ = true;
  for (const auto& [number, acceptor] : acceptors_) acceptor->stop();
  for (const auto& [id, context] : listeners_)
    context->counters->paused.store(true, std::memory_order_relaxed);
  gate_timer_.start_repeating(gate_check);
  // A crowd at the limit makes each worker pause and go on many times a second.
  shared_.log.write_joined(LogLevel::warn, "listener.paused", {},
                           {{"worker", std::uint64_t{index_}},
                            {"clients", std::uint64_t{shared_.gate.clients()}},
                            {"why", "as many clients as max_connections or the limit of open files allow"},
                            {"effect", "new clients wait in the kernel's backlog"}});
}

bool Worker::make_room() {
  const auto number = owing_.take_due(loop::boot_now() - owing_patience);
  if (!number) return false;
  sessions_.at(*number)->make_room();
  return true;
}

void Worker::check_gate() {
  if (shared_.gate.is_full() && !make_room()) return;
  gate_closed_ = false;
  gate_timer_.stop();
  for (const auto& [number, acceptor] : acceptors_) acceptor->resume();
  for (const auto& [id, context] : listeners_)
    context->counters->paused.store(false, std::memory_order_relaxed);
  shared_.log.write_joined(
      LogLevel::warn, "listener.resumed", {},
      {{"worker", std::uint64_t{index_}}, {"clients", std::uint64_t{shared_.gate.clients()}}});
}

void Worker::on_accept_paused(Acceptor& acceptor, const Error& why) {
  const ListenerContext& context = *listeners_.at(acceptor.listener);
  context.counters->paused.store(true, std::memory_order_relaxed);
  shared_.log.write_joined(LogLevel::warn, "listener.paused", {context.settings->name, {}},
                           {{"worker", std::uint64_t{index_}},
                            {"listener", std::string_view(context.settings->name)},
                            {"why", std::string_view(why.message)},
                            {"effect", "new clients wait in the kernel's backlog"}});
}

void Worker::on_accept_resumed(Acceptor& acceptor) {
  const ListenerContext& context = *listeners_.at(acceptor.listener);
  context.counters->paused.store(false, std::memory_order_relaxed);
  shared_.log.write_joined(
      LogLevel::warn, "listener.resumed", {context.settings->name, {}},
      {{"worker", std::uint64_t{index_}}, {"listener", std::string_view(context.settings->name)}});
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
  if (last != TimePoint{} && now - last < smell_again) return false;
  last = now;
  return true;
}

void Worker::report_smell(NodeId node, const char* words) {
  if (is_due_again(smelt_[node])) shared_.owner.on_worker_smell(Smell{node, words});
}

void Worker::report_no_connection(NodeId node) {
  if (is_due_again(unconnected_[node])) shared_.owner.on_worker_no_connection(node);
}

void Worker::forward_cancel(const wire::CancelRequest& request, std::string proxy_header,
                            const ListenerSettingsPtr& settings, loop::UniqueFd client,
                            const Address& address) {
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
  auto forward = std::make_unique<CancelForward>(static_cast<SessionHost&>(*this), settings->name, address);
  CancelForward& begun = *forward;
  cancels_.emplace(&begun, std::move(forward));
  if (!owner) ++unknown_cancels_;
  begun.begin(std::move(client), std::move(proxy_header) + wire::build_cancel_request(request), servers,
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
  shared_.owner.on_worker_drained(index_);
}

}  // namespace tamada::router
