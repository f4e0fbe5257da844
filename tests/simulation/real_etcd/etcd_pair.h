// EtcdPair: a real etcd of one member and the model, which are asked the same and have to answer the same.
//
// Answers are compared as text, whole: revisions, values, the words of errors. Both begin at revision 1. Ids of leases
// differ, so that requests name a lease by its number (1: the first that was granted; 0: none; any that was not granted:
// a lease that does not exist), and so do the answers here. Of raft terms only the differences are compared. Virtual
// time moves only where a test moves it.
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/etcd/client.h"
#include "common/http/message.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/loop/common/etcd/etcd_process.h"
#include "tests/simulation/engine/scheduler.h"
#include "tests/simulation/etcd/etcd_model.h"
#include "tests/simulation/real_etcd/real_watch.h"

namespace tamada::simulation {

class EtcdPair : public etcd::EtcdFixture {
 public:
  EtcdPair();

  // --- asks both, checks that they answer alike, and returns the model's answer. `lease` is a number.
  std::vector<etcd::KeyValue> range(const etcd::RangeRequest& request);
  void put(const etcd::PutRequest& request);
  void txn(const etcd::TxnRequest& request);
  void remove(const etcd::RemoveRequest& request);
  void grant(std::int64_t ttl);
  void keep_alive(std::int64_t lease);
  void revoke(std::int64_t lease);
  void time_to_live(std::int64_t lease);
  void compact(std::int64_t revision);
  void set_full(bool full);
  // Waits until the lease has ended in the real etcd, and lets virtual time pass until it has in the model.
  void let_end(std::int64_t lease);
  // Killed and started: its watches break, its leases have their whole time anew.
  void restart();

  // Watches of both; not while etcd is full. What they are told is compared by compare_watches(), which waits for the real ones.
  void watch(const std::string& key, etcd::Scope scope, std::int64_t start_revision);
  void compare_watches();

  [[nodiscard]] const EtcdModel& model() const { return model_; }
  [[nodiscard]] std::size_t lease_count() const { return model_leases_.size(); }
  [[nodiscard]] int compared() const { return compared_; }

 private:
  struct Watched {
    std::string words;  // for a failure
    std::unique_ptr<RealWatch> real;
    std::int64_t created_revision = 0;  // what the model says
    std::int64_t compact_revision = 0;
    std::vector<etcd::Event> events;
    bool broken = false;
  };
  using Ids = std::vector<std::int64_t>;

  template <class Reply>
  etcd::Outcome<Reply> play(const std::function<void(EtcdModel::Callback<Reply>)>& ask);
  template <class Reply>
  void compare(const char* what, const etcd::Outcome<Reply>& real, const etcd::Outcome<Reply>& model);
  // Straight to the gateway: what the client does not ask for, and what it would ask again while etcd is full.
  http::Response post(const std::string& path, const std::string& body);
  template <class Reply>
  etcd::Outcome<Reply> post(const std::string& path, const std::string& body,
                            Result<Reply> (*decode)(std::string_view));
  bool is_settled(const Watched& watched) const;

  etcd::EtcdProcess etcd_;
  Scheduler scheduler_;
  EtcdModel model_;
  std::unique_ptr<etcd::Client> client_;
  Ids real_leases_;
  Ids model_leases_;
  std::vector<std::unique_ptr<Watched>> watches_;
  std::optional<std::int64_t> terms_apart_;
  int compared_ = 0;
};

}  // namespace tamada::simulation
