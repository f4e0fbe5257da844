#include "router/shell/worker_pool.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <system_error>
#include <utility>

#include "common/loop/clock.h"
#include "common/loop/timer.h"
#include "router/shell/descriptor_limit.h"
#include "router/shell/listening_sockets.h"
#include "router/shell/worker.h"
#include "router/shell/worker_count.h"

namespace tamada::router {

class WorkerPool::Impl final : private WorkerOwner {
 public:
  Impl(loop::Loop& control, std::uint32_t workers, EventLog& log, WorkerPoolListener& listener,
       loop::InheritedSockets* inherited);
  ~Impl();

  std::vector<Error> configure(const RouterConfig& config);
  void hold_back() { accepting_ = false; }
  std::vector<Error> accept_from_now_on(const RouterConfig& config);
  Result<std::vector<Shared>> share() const;
  void publish(const RoutingTablePtr& table);
  void drain(const Leaving& how);
  void close_ports() { sockets_.close(); }
  void set_weight(ListenerId listener, NodeId node, std::uint32_t weight) {
    dispatcher_.set_weight(listener, node, weight);
  }
  void tell_first_start(NodeId node) { dispatcher_.tell_first_start(node); }
  void sessions(std::function<void(SessionList)> ready);
  void end_session(SessionId session, std::function<void(bool)> done);
  void end_sessions(NodeId node, ListenerId listener, std::function<void(std::uint64_t)> done);
  std::vector<ListenerStatus> status() const;
  void subtract_cleared(std::vector<ListenerStatus>& status) const { cleared_.subtract(status); }
  void clear_maxima();
  void clear_counters();
  std::uint32_t sessions_on(NodeId node) const { return dispatcher_.sessions_on(node); }
  bool is_listening() const { return sockets_.is_open(); }

 private:
  // What the tasks posted to the control loop hold: the pool may be gone when they run. Control thread only,
  // but for the pointer to the door itself.
  struct Door {
    Impl* pool;
  };
  struct ListenerEntry {
    std::string name;
    bool configured = true;
    std::vector<std::unique_ptr<ListenerCounters>> counters;  // by worker; never freed before the workers
  };

  // WorkerOwner, on the workers' threads
  void on_worker_acknowledged(std::uint32_t worker, Generation generation) override;
  void on_worker_smell(const Smell& smell) override;
  void on_worker_no_connection(NodeId node) override;
  void on_worker_drained(std::uint32_t worker) override;
  void hand_over(std::uint32_t worker, ListenerId listener, loop::UniqueFd socket,
                 const Address& peer) override;

  template <class Call>
  void tell_control(Call call);
  Result<std::vector<std::vector<WorkerSocket>>> share_sockets() const;
  void acknowledged(std::uint32_t worker, Generation generation);
  void drained(std::uint32_t worker);
  std::vector<ListenerStatus> status_of_all() const;
  void end_by_hand(const std::vector<Worker*>& workers, const SessionFilter& which,
                   std::function<void(std::uint64_t)> done);

  loop::Loop& control_;
  EventLog& log_;
  WorkerPoolListener& listener_;
  const std::shared_ptr<Door> door_;
  const std::uint64_t descriptors_;
  Era era_{0};  // of the maxima
  Dispatcher dispatcher_;
  CancelRegistry cancel_registry_;
  AddressLimiter addresses_;
  ClientGate gate_;
  ListeningSockets sockets_;
  bool accepting_ = true;          // the workers have the sockets
  bool workers_have_none_ = true;  // of the sockets
  std::map<ListenerId, ListenerEntry> listeners_;
  ClearedTotals cleared_;
  std::vector<Generation> acknowledged_;  // by worker
  Generation told_ = 0;
  std::vector<bool> drained_;
  bool drained_told_ = false;
  loop::Timer drain_timer_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

WorkerPool::Impl::Impl(loop::Loop& control, std::uint32_t workers, EventLog& log,
                       WorkerPoolListener& listener, loop::InheritedSockets* inherited)
    : control_(control),
      log_(log),
      listener_(listener),
      door_(std::make_shared<Door>(Door{this})),
      descriptors_(raise_descriptor_limit()),
      dispatcher_(std::random_device{}(),
                  {[this](NodeId node) {
                     tell_control([node](Impl& pool) { pool.listener_.on_sessions_gone(node); });
                   },
                   [this](NodeId node, TimePoint at) {
                     tell_control([node, at](Impl& pool) { pool.listener_.on_first_start(node, at); });
                   }}),
      gate_(workers),
      sockets_(control, inherited),
      acknowledged_(workers, 0),
      drained_(workers, false),
      drain_timer_(control, [this] {
        for (const auto& worker : workers_) worker->post_end_sessions(EndReason::drain_limit);
      }) {
  gate_.set_limit(client_limit(descriptors_, 0));
  std::vector<AdmissionSink*> sinks;
  for (std::uint32_t i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(
        i, WorkerShared{dispatcher_, cancel_registry_, addresses_, log_, gate_, *this}));
    sinks.push_back(workers_.back().get());
  }
  dispatcher_.set_sinks(std::move(sinks));
  try {
    for (const auto& worker : workers_) worker->start();
  } catch (const std::system_error&) {  // no thread to be had
    for (const auto& worker : workers_) worker->post_stop();
    for (const auto& worker : workers_) worker->join();
    throw;
  }
}

WorkerPool::Impl::~Impl() {
  door_->pool = nullptr;
  // Not close(): the sockets may be another process's, too, before this one has served and after it has.
  sockets_.leave();
  for (const auto& worker : workers_) worker->post_stop();
  for (const auto& worker : workers_) worker->join();
}

template <class Call>
void WorkerPool::Impl::tell_control(Call call) {
  control_.post([door = door_, call = std::move(call)]() mutable {
    if (door->pool != nullptr) call(*door->pool);
  });
}

std::vector<Error> WorkerPool::Impl::configure(const RouterConfig& config) {
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
          {make_listener_settings(listener), listeners_[listener.policy.id].counters[i].get()});
    }
    workers_[i]->post_listeners(std::move(listeners), std::move((*shared)[i]));
  }
  workers_have_none_ = !accepting_;
  return {};
}

std::vector<Error> WorkerPool::Impl::accept_from_now_on(const RouterConfig& config) {
  accepting_ = true;
  std::vector<Error> errors = configure(config);
  accepting_ = errors.empty();
  return errors;
}

Result<std::vector<WorkerPool::Shared>> WorkerPool::Impl::share() const {
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
Result<std::vector<std::vector<WorkerSocket>>> WorkerPool::Impl::share_sockets() const {
  std::vector<std::vector<WorkerSocket>> lists(workers_.size());
  if (!accepting_) return lists;
  for (const ListeningSockets::Socket& socket : sockets_.sockets()) {
    for (std::vector<WorkerSocket>& list : lists) {
      loop::UniqueFd descriptor;
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

void WorkerPool::Impl::publish(const RoutingTablePtr& table) {
  dispatcher_.apply(table);
  for (const auto& worker : workers_) worker->post_table(table);
}

void WorkerPool::Impl::on_worker_acknowledged(std::uint32_t worker, Generation generation) {
  tell_control([worker, generation](Impl& pool) { pool.acknowledged(worker, generation); });
}

void WorkerPool::Impl::acknowledged(std::uint32_t worker, Generation generation) {
  acknowledged_[worker] = std::max(acknowledged_[worker], generation);
  const Generation all = *std::min_element(acknowledged_.begin(), acknowledged_.end());
  if (all <= told_) return;
  told_ = all;
  listener_.on_acknowledged(all);
}

void WorkerPool::Impl::on_worker_smell(const Smell& smell) {
  tell_control([smell](Impl& pool) { pool.listener_.on_smell(smell); });
}

void WorkerPool::Impl::on_worker_no_connection(NodeId node) {
  tell_control([node](Impl& pool) { pool.listener_.on_no_connection(node); });
}

void WorkerPool::Impl::hand_over(std::uint32_t worker, ListenerId listener, loop::UniqueFd socket,
                                 const Address& peer) {
  workers_[worker]->post_client(listener, std::move(socket), peer);
}

void WorkerPool::Impl::drain(const Leaving& how) {
  if (how.ports == Leaving::Ports::close) sockets_.close();
  if (how.ports == Leaving::Ports::leave) sockets_.leave();
  for (const auto& worker : workers_) worker->post_drain(how.end_waiting);
  drain_timer_.stop();
  if (how.limit) drain_timer_.start(*how.limit);
}

void WorkerPool::Impl::on_worker_drained(std::uint32_t worker) {
  tell_control([worker](Impl& pool) { pool.drained(worker); });
}

void WorkerPool::Impl::drained(std::uint32_t worker) {
  drained_[worker] = true;
  // A client on its way from one worker to another is counted already: the session that it begins tells
  // again.
  if (drained_told_ || gate_.clients() != 0 ||
      std::find(drained_.begin(), drained_.end(), false) != drained_.end())
    return;
  drained_told_ = true;
  drain_timer_.stop();
  listener_.on_drained();
}

void WorkerPool::Impl::sessions(std::function<void(SessionList)> ready) {
  struct Gathering {
    SessionList list;
    std::size_t missing;
    std::function<void(SessionList)> ready;
  };
  auto all = std::make_shared<Gathering>(Gathering{{}, workers_.size(), std::move(ready)});
  const std::size_t most = sessions_listed_max / workers_.size() + 1;
  for (const auto& worker : workers_) {
    worker->post_list_sessions(most, [this, all](WorkerSessions part) {
      tell_control([all, part = std::move(part)](Impl& /*pool*/) mutable {
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

void WorkerPool::Impl::end_session(SessionId session, std::function<void(bool)> done) {
  std::vector<Worker*> owner;
  if (session.worker < workers_.size() && session.number != 0) {
    owner.push_back(workers_[session.worker].get());
  }
  end_by_hand(owner, {session.number, {}, {}},
              [done = std::move(done)](std::uint64_t count) { done(count > 0); });
}

void WorkerPool::Impl::end_sessions(NodeId node, ListenerId listener,
                                    std::function<void(std::uint64_t)> done) {
  std::vector<Worker*> all;
  for (const auto& worker : workers_) all.push_back(worker.get());
  end_by_hand(all, {0, node, listener}, std::move(done));
}

void WorkerPool::Impl::end_by_hand(const std::vector<Worker*>& workers, const SessionFilter& which,
                                   std::function<void(std::uint64_t)> done) {
  if (workers.empty()) return tell_control([done = std::move(done)](Impl& /*pool*/) { done(0); });
  struct Counting {
    std::uint64_t count;
    std::size_t missing;
    std::function<void(std::uint64_t)> done;
  };
  auto all = std::make_shared<Counting>(Counting{0, workers.size(), std::move(done)});
  for (Worker* worker : workers) {
    worker->post_end_by_hand(which, [this, all](std::uint64_t count) {
      tell_control([all, count](Impl& /*pool*/) {
        all->count += count;
        if (--all->missing == 0) std::exchange(all->done, nullptr)(all->count);
      });
    });
  }
}

std::vector<ListenerStatus> WorkerPool::Impl::status() const {
  std::vector<ListenerStatus> all = status_of_all();
  std::erase_if(all, [](const ListenerStatus& one) { return !one.configured && one.sessions == 0; });
  return all;
}

std::vector<ListenerStatus> WorkerPool::Impl::status_of_all() const {
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

void WorkerPool::Impl::clear_maxima() {
  era_.fetch_add(1, std::memory_order_relaxed);
  dispatcher_.clear_maxima();
}

void WorkerPool::Impl::clear_counters() {
  clear_maxima();
  cleared_.clear(status_of_all());
}

WorkerPool::WorkerPool(loop::Loop& control, std::uint32_t workers, EventLog& log,
                       WorkerPoolListener& listener, loop::InheritedSockets* inherited)
    : impl_(std::make_unique<Impl>(control, workers > 0 ? workers : default_workers(available_processors()),
                                   log, listener, inherited)) {}

WorkerPool::~WorkerPool() = default;

std::vector<Error> WorkerPool::configure(const RouterConfig& config) {
  return impl_->configure(config);
}

void WorkerPool::hold_back() {
  impl_->hold_back();
}

std::vector<Error> WorkerPool::accept_from_now_on(const RouterConfig& config) {
  return impl_->accept_from_now_on(config);
}

Result<std::vector<WorkerPool::Shared>> WorkerPool::share() const {
  return impl_->share();
}

void WorkerPool::publish(const RoutingTablePtr& table) {
  impl_->publish(table);
}

void WorkerPool::drain(const Leaving& how) {
  impl_->drain(how);
}

void WorkerPool::close_ports() {
  impl_->close_ports();
}

void WorkerPool::set_weight(ListenerId listener, NodeId node, std::uint32_t weight) {
  impl_->set_weight(listener, node, weight);
}

void WorkerPool::sessions(std::function<void(SessionList)> ready) {
  impl_->sessions(std::move(ready));
}

void WorkerPool::end_session(SessionId session, std::function<void(bool)> done) {
  impl_->end_session(session, std::move(done));
}

void WorkerPool::end_sessions(NodeId node, ListenerId listener, std::function<void(std::uint64_t)> done) {
  impl_->end_sessions(node, listener, std::move(done));
}

void WorkerPool::tell_first_start(NodeId node) {
  impl_->tell_first_start(node);
}

void WorkerPool::subtract_cleared(std::vector<ListenerStatus>& status) const {
  impl_->subtract_cleared(status);
}

void WorkerPool::clear_maxima() {
  impl_->clear_maxima();
}

void WorkerPool::clear_counters() {
  impl_->clear_counters();
}

std::vector<ListenerStatus> WorkerPool::status() const {
  return impl_->status();
}

std::uint32_t WorkerPool::sessions_on(NodeId node) const {
  return impl_->sessions_on(node);
}

bool WorkerPool::is_listening() const {
  return impl_->is_listening();
}

}  // namespace tamada::router
