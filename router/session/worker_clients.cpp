// How a worker gets its clients: its listeners and their sockets, who takes a client, and the pauses when
// there is no room.
#include <utility>

#include "common/loop/clock.h"
#include "router/session/session.h"
#include "router/session/worker.h"

namespace tamada::router {
namespace {

// How often a full router looks whether it has room again.
constexpr Duration gate_check = 20ms;
// What a client that owes something has in any case, however full the router is.
constexpr Duration owing_patience = 1s;

}  // namespace

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
    acceptor = std::make_unique<Acceptor>(loop_, static_cast<AcceptorCallbacks&>(*this), socket.listener);
    if (const auto begun = acceptor->begin(std::move(socket.socket)); !begun) {
      shared_.log.write(
          LogLevel::error, "listener.broken",
          {{"worker", std::uint64_t{index_}}, {"why", std::string_view(begun.error().message)}});
    }
    if (gate_closed_) acceptor->stop();
  }
  acceptors_ = std::move(kept);
}

void Worker::on_client(ListenerId listener, UniqueFd socket, const Address& peer) {
  const std::uint32_t chosen = shared_.gate.enter(index_);
  pause_if_full();
  if (chosen != index_) return shared_.callbacks.hand_over(chosen, listener, std::move(socket), peer);
  begin_session(listener, std::move(socket), peer);
}

void Worker::post_client(ListenerId listener, UniqueFd socket, const Address& peer) {
  loop_.post([this, listener, peer, socket = std::move(socket)]() mutable {
    begin_session(listener, std::move(socket), peer);
  });
}

void Worker::begin_session(ListenerId listener, UniqueFd socket, const Address& peer) {
  const auto context = listeners_.find(listener);
  // The listener's settings come before its first client, by the order of posts.
  if (context == listeners_.end()) {
    shared_.gate.leave(index_);
    return check_drained();
  }
  const std::uint64_t number = next_number_++;
  auto session = std::make_unique<Session>(static_cast<SessionCallbacks&>(*this), *context->second,
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

}  // namespace tamada::router
