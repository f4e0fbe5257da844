// EtcdSession: how a simulated agent talks to etcd: one member after the other, each call with a limit, an answer of an older
// raft term than was seen thrown away. What the agent's real client (common/etcd) does, in virtual time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/etcd/failure.h"
#include "common/etcd/term_guard.h"
#include "common/etcd/values.h"
#include "tests/simulation/etcd/etcd_model.h"
#include "tests/simulation/world/links.h"
#include "tests/simulation/world/process.h"

namespace tamada::simulation {

class EtcdSession {
 public:
  template <class Reply>
  using Callback = std::function<void(etcd::Outcome<Reply>)>;

  EtcdSession(Process& process, EtcdModel& etcd, Links& links, std::string place)
      : process_(process), etcd_(etcd), links_(links), place_(std::move(place)) {}

  // `done` runs once, within the process's life.
  void range(const etcd::RangeRequest& request, Callback<etcd::RangeReply> done, Duration limit = 3s) {
    call<etcd::RangeReply>(limit, std::move(done),
                           [this, request](const EtcdRoute& route, Callback<etcd::RangeReply> then) {
                             etcd_.range(route, request, std::move(then));
                           });
  }
  void put(const etcd::PutRequest& request, Callback<etcd::PutReply> done, Duration limit = 3s) {
    call<etcd::PutReply>(limit, std::move(done),
                         [this, request](const EtcdRoute& route, Callback<etcd::PutReply> then) {
                           etcd_.put(route, request, std::move(then));
                         });
  }
  void txn(const etcd::TxnRequest& request, Callback<etcd::TxnReply> done, Duration limit = 3s) {
    call<etcd::TxnReply>(limit, std::move(done),
                         [this, request](const EtcdRoute& route, Callback<etcd::TxnReply> then) {
                           etcd_.txn(route, request, std::move(then));
                         });
  }
  void lease_grant(std::int64_t ttl, Callback<etcd::LeaseReply> done, Duration limit = 3s) {
    call<etcd::LeaseReply>(limit, std::move(done),
                           [this, ttl](const EtcdRoute& route, Callback<etcd::LeaseReply> then) {
                             etcd_.lease_grant(route, ttl, std::move(then));
                           });
  }
  void lease_keepalive(std::int64_t id, Callback<etcd::LeaseReply> done, Duration limit = 3s) {
    call<etcd::LeaseReply>(limit, std::move(done),
                           [this, id](const EtcdRoute& route, Callback<etcd::LeaseReply> then) {
                             etcd_.lease_keepalive(route, id, std::move(then));
                           });
  }
  EtcdModel::WatchId watch(const std::string& prefix, std::int64_t start_revision,
                           EtcdModel::WatchCallbacks callbacks) {
    return etcd_.watch(links_.route(place_, member_), prefix, etcd::Scope::prefix, start_revision,
                       std::move(callbacks));
  }
  void cancel_watch(EtcdModel::WatchId id) { etcd_.cancel_watch(id); }
  [[nodiscard]] std::size_t member() const { return member_; }
  void next_member() { member_ = (member_ + 1) % etcd_.size(); }
  // False: an answer of a member that the others have left behind.
  [[nodiscard]] bool is_current(const etcd::ResponseHeader& header) {
    return terms_.accept(header, process_.now());
  }

 private:
  template <class Reply, class Send>
  void call(Duration limit, Callback<Reply> done, Send send) {
    auto open = std::make_shared<Callback<Reply>>(std::move(done));
    const auto finish = [open](etcd::Outcome<Reply> outcome) {
      if (!*open) return;
      Callback<Reply> callback = std::move(*open);
      *open = nullptr;
      callback(std::move(outcome));
    };
    send(links_.route(place_, member_), process_.bind([this, finish](etcd::Outcome<Reply> outcome) {
      if (outcome && !is_current(outcome->header)) {
        next_member();
        outcome = tl::make_unexpected(etcd::Failure{{ErrorKind::unavailable, "an older term"}, {}, true});
      }
      finish(std::move(outcome));
    }));
    process_.after(limit, [this, finish, open] {
      if (!*open) return;
      next_member();
      finish(tl::make_unexpected(etcd::Failure{{ErrorKind::timeout, "no answer in time"}, {}, true}));
    });
  }

  Process& process_;
  EtcdModel& etcd_;
  Links& links_;
  std::string place_;
  std::size_t member_ = 0;
  etcd::TermGuard terms_;
};

}  // namespace tamada::simulation
