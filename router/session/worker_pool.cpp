#include "router/session/worker_pool.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <system_error>
#include <utility>

#include "common/loop/clock.h"
#include "common/process/descriptor_limit.h"
#include "common/process/processors.h"
#include "router/session/client_limit.h"
#include "router/session/worker_count.h"

namespace tamada::router {

WorkerPool::WorkerPool(loop::Loop& control, std::uint32_t workers, EventLog& log,
                       WorkerPoolCallbacks& callbacks, loop::InheritedSockets* inherited)
    : control_(control),
      log_(log),
      callbacks_(callbacks),
      worker_count_(workers > 0 ? workers : default_workers(available_processors())),
      descriptors_(raise_descriptor_limit()),
      dispatcher_(std::random_device{}(),
                  {[this](NodeId node) {
                     tell_control([node](WorkerPool& pool) { pool.callbacks_.on_sessions_gone(node); });
                   },
                   [this](NodeId node, TimePoint at) {
                     tell_control([node, at](WorkerPool& pool) { pool.callbacks_.on_first_start(node, at); });
                   }}),
      gate_(worker_count_),
      sockets_(control, inherited),
      acknowledged_(worker_count_, 0),
      drained_(worker_count_, false),
      drain_timer_(control, [this] {
        for (const auto& worker : workers_) worker->post_end_sessions(EndReason::drain_limit);
      }) {
  gate_.set_limit(client_limit(descriptors_, 0));
  std::vector<AdmissionCallbacks*> told;
  for (std::uint32_t i = 0; i < worker_count_; ++i) {
    workers_.push_back(std::make_unique<Worker>(
        i, WorkerShared{dispatcher_, cancel_registry_, addresses_, log_, gate_, *this}));
    told.push_back(workers_.back().get());
  }
  dispatcher_.set_workers(std::move(told));
  try {
    for (const auto& worker : workers_) worker->start();
  } catch (const std::system_error&) {  // no thread to be had
    for (const auto& worker : workers_) worker->post_stop();
    for (const auto& worker : workers_) worker->join();
    throw;
  }
}

WorkerPool::~WorkerPool() {
  handles_.end();
  // Not close(): the sockets may be another process's, too, before this one has served and after it has.
  sockets_.leave();
  for (const auto& worker : workers_) worker->post_stop();
  for (const auto& worker : workers_) worker->join();
}

template <class Call>
void WorkerPool::tell_control(Call call) {
  control_.post([handle = handles_.handle(), call = std::move(call)]() mutable {
    if (WorkerPool* pool = handle.get()) call(*pool);
  });
}

std::vector<Error> WorkerPool::configure(const RouterConfig& config) {
  std::vector<Error> errors = sockets_.configure(config.listeners);
  if (!errors.empty()) return errors;
  auto shared = share_sockets();
  if (!shared) return {shared.error()};

  std::vector<ListenerPolicy> policies;
  for (auto& [id, entry] : listeners_) entry.configured = false;
  for (const ListenerConfig& listener : config.listeners) {
    policies.push_back(listener.policy);
    ListenerEntry& entry = listeners_[listener.policy.id];
    entry.name = listener.policy.name;
    entry.configured = true;
    while (entry.counters.size() < workers_.size()) {
      entry.counters.push_back(std::make_unique<ListenerCounters>(era_));
    }
  }
  gate_.set_limit(client_limit(descriptors_, config));
  dispatcher_.configure(policies);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::vector<WorkerListener> listeners;
    for (const ListenerConfig& listener : config.listeners) {
      listeners.push_back(
          {make_listener_settings(listener, config.log), listeners_[listener.policy.id].counters[i].get()});
    }
    workers_[i]->post_listeners(std::move(listeners), std::move((*shared)[i]));
  }
  workers_have_none_ = !accepting_;
  return {};
}

std::vector<Error> WorkerPool::accept_from_now_on(const RouterConfig& config) {
  accepting_ = true;
  std::vector<Error> errors = configure(config);
  accepting_ = errors.empty();
  return errors;
}

Result<std::vector<WorkerPool::Shared>> WorkerPool::share() const {
  std::vector<Shared> all;
  for (const ListeningSockets::Socket& socket : sockets_.sockets()) {
    auto shared = sockets_.share(socket.number);
    if (!shared) return tl::make_unexpected(shared.error());
    all.push_back({socket.address, std::move(*shared), socket.foreign});
  }
  return all;
}

// Every worker's list of sockets, with descriptors of those that it does not have yet; none as long as nobody
// shall accept.
Result<std::vector<std::vector<WorkerSocket>>> WorkerPool::share_sockets() const {
  std::vector<std::vector<WorkerSocket>> lists(workers_.size());
  if (!accepting_) return lists;
  for (const ListeningSockets::Socket& socket : sockets_.sockets()) {
    for (std::vector<WorkerSocket>& list : lists) {
      UniqueFd descriptor;
      if (socket.is_new || workers_have_none_) {
        auto shared = sockets_.share(socket.number);
        if (!shared) return tl::make_unexpected(shared.error());
        descriptor = std::move(*shared);
      }
      list.push_back({socket.number, socket.listener, std::move(descriptor)});
    }
  }
  return lists;
}

void WorkerPool::publish(const RoutingTablePtr& table) {
  dispatcher_.apply(table);
  for (const auto& worker : workers_) worker->post_table(table);
}

void WorkerPool::on_worker_acknowledged(std::uint32_t worker, Generation generation) {
  tell_control([worker, generation](WorkerPool& pool) { pool.acknowledged(worker, generation); });
}

void WorkerPool::acknowledged(std::uint32_t worker, Generation generation) {
  acknowledged_[worker] = std::max(acknowledged_[worker], generation);
  const Generation all = *std::min_element(acknowledged_.begin(), acknowledged_.end());
  if (all <= told_) return;
  told_ = all;
  callbacks_.on_acknowledged(all);
}

void WorkerPool::on_worker_hint(const SessionHint& hint) {
  tell_control([hint](WorkerPool& pool) { pool.callbacks_.on_hint(hint); });
}

void WorkerPool::on_worker_no_connection(NodeId node) {
  tell_control([node](WorkerPool& pool) { pool.callbacks_.on_no_connection(node); });
}

void WorkerPool::hand_over(std::uint32_t worker, ListenerId listener, UniqueFd socket, const Address& peer) {
  workers_[worker]->post_client(listener, std::move(socket), peer);
}

void WorkerPool::drain(const Leaving& how) {
  if (how.ports == Leaving::Ports::close) sockets_.close();
  if (how.ports == Leaving::Ports::leave) sockets_.leave();
  for (const auto& worker : workers_) worker->post_drain(how.end_waiting);
  drain_timer_.stop();
  if (how.limit) drain_timer_.start(*how.limit);
}

void WorkerPool::on_worker_drained(std::uint32_t worker) {
  tell_control([worker](WorkerPool& pool) { pool.drained(worker); });
}

void WorkerPool::drained(std::uint32_t worker) {
  drained_[worker] = true;
  // A client on its way from one worker to another is counted already: the session that it begins tells
  // again.
  if (drained_told_ || gate_.clients() != 0 ||
      std::find(drained_.begin(), drained_.end(), false) != drained_.end())
    return;
  drained_told_ = true;
  drain_timer_.stop();
  callbacks_.on_drained();
}

void WorkerPool::sessions(std::function<void(SessionList)> ready) {
  struct Gathering {
    SessionList list;
    std::size_t missing;
    std::function<void(SessionList)> ready;
  };
  auto all = std::make_shared<Gathering>(Gathering{{}, workers_.size(), std::move(ready)});
  const std::size_t most = sessions_listed_max / workers_.size() + 1;
  for (const auto& worker : workers_) {
    worker->post_list_sessions(most, [this, all](WorkerSessions part) {
      tell_control([all, part = std::move(part)](WorkerPool& /*pool*/) mutable {
        SessionList& list = all->list;
        list.total += part.total;
        list.truncated = list.truncated || part.sessions.size() < part.total;
        list.sessions.insert(list.sessions.end(), std::make_move_iterator(part.sessions.begin()),
                             std::make_move_iterator(part.sessions.end()));
        if (--all->missing > 0) return;
        list.now = loop::boot_now();
        list.wall_now = std::chrono::system_clock::now();
        // Destroyed here too: a worker may be the last to let go of the rest.
        std::exchange(all->ready, nullptr)(std::move(list));
      });
    });
  }
}

void WorkerPool::end_session(SessionId session, std::function<void(bool)> done) {
  std::vector<Worker*> owner;
  if (session.worker < workers_.size() && session.number != 0) {
    owner.push_back(workers_[session.worker].get());
  }
  end_by_hand(owner, {session.number, {}, {}},
              [done = std::move(done)](std::uint64_t count) { done(count > 0); });
}

void WorkerPool::end_sessions(NodeId node, ListenerId listener, std::function<void(std::uint64_t)> done) {
  std::vector<Worker*> all;
  for (const auto& worker : workers_) all.push_back(worker.get());
  end_by_hand(all, {0, node, listener}, std::move(done));
}

void WorkerPool::end_by_hand(const std::vector<Worker*>& workers, const SessionFilter& which,
                             std::function<void(std::uint64_t)> done) {
  if (workers.empty()) return tell_control([done = std::move(done)](WorkerPool& /*pool*/) { done(0); });
  struct Counting {
    std::uint64_t count;
    std::size_t missing;
    std::function<void(std::uint64_t)> done;
  };
  auto all = std::make_shared<Counting>(Counting{0, workers.size(), std::move(done)});
  for (Worker* worker : workers) {
    worker->post_end_by_hand(which, [this, all](std::uint64_t count) {
      tell_control([all, count](WorkerPool& /*pool*/) {
        all->count += count;
        if (--all->missing == 0) std::exchange(all->done, nullptr)(all->count);
      });
    });
  }
}

std::vector<ListenerStatus> WorkerPool::status() const {
  std::vector<ListenerStatus> all = status_of_all();
  std::erase_if(all, [](const ListenerStatus& one) { return !one.configured && one.sessions == 0; });
  return all;
}

std::vector<ListenerStatus> WorkerPool::status_of_all() const {
  const auto loads = dispatcher_.loads();
  std::vector<ListenerStatus> all;
  for (const auto& [id, entry] : listeners_) {
    ListenerStatus status;
    status.id = id;
    status.name = entry.name;
    status.configured = entry.configured;
    for (const ListeningSockets::Socket& socket : sockets_.sockets()) {
      if (socket.listener == id) status.bind.push_back(socket.address.to_string());
    }
    if (const auto load = loads.find(id); load != loads.end()) read_load(load->second, status);
    read_counters(entry.counters, status);
    all.push_back(std::move(status));
  }
  return all;
}

void WorkerPool::clear_maxima() {
  era_.fetch_add(1, std::memory_order_relaxed);
  dispatcher_.clear_maxima();
}

void WorkerPool::clear_counters() {
  clear_maxima();
  cleared_.clear(status_of_all());
}

}  // namespace tamada::router
