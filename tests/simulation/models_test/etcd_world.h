#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/simulation/etcd/etcd_model.h"

namespace tamada::simulation {

// A model of etcd alone, with requests whose answers are kept.
struct EtcdWorld {
  explicit EtcdWorld(const EtcdModelOptions& options = {}, std::uint64_t seed = 1)
      : model(scheduler, Random(seed), options) {}

  template <class Reply>
  using Answer = std::shared_ptr<std::optional<etcd::Outcome<Reply>>>;
  template <class Reply>
  static auto into(const Answer<Reply>& answer) {
    return [answer](etcd::Outcome<Reply> outcome) {
      REQUIRE_FALSE(*answer);  // once
      *answer = std::move(outcome);
    };
  }
  template <class Reply>
  static Answer<Reply> answer() {
    return std::make_shared<std::optional<etcd::Outcome<Reply>>>();
  }

  Answer<etcd::PutReply> put(const EtcdRoute& route, const std::string& key, const std::string& value,
                             std::int64_t lease = 0) {
    auto told = answer<etcd::PutReply>();
    model.put(route, {key, value, lease}, into(told));
    return told;
  }
  Answer<etcd::RangeReply> range(const EtcdRoute& route, const std::string& key, bool serializable = false) {
    auto told = answer<etcd::RangeReply>();
    model.range(route, {key, etcd::Scope::key, serializable}, into(told));
    return told;
  }
  Answer<etcd::LeaseReply> keep_alive(const EtcdRoute& route, std::int64_t id) {
    auto told = answer<etcd::LeaseReply>();
    model.lease_keepalive(route, id, into(told));
    return told;
  }
  std::int64_t grant(std::int64_t ttl) {
    auto told = answer<etcd::LeaseReply>();
    model.lease_grant({leader()}, ttl, into(told));
    scheduler.run_for(0s);
    return (*told)->value().id;
  }
  [[nodiscard]] std::size_t leader() const { return model.leader().value(); }
  [[nodiscard]] std::size_t follower() const { return (leader() + 1) % model.size(); }
  [[nodiscard]] bool has(const std::string& key) const { return model.store().find(key) != nullptr; }

  Scheduler scheduler;
  EtcdModel model;
};

// What a watch told, in a line of words, and how often it broke.
struct WatchTold {
  std::string words;
  int broken = 0;
  EtcdModel::WatchCallbacks callbacks() {
    return {[this](const etcd::WatchMessage& message) {
              if (message.created) words += "created ";
              for (const etcd::Event& event : message.events) {
                words += (event.deleted ? "-" : "+") + event.kv.key + "@" +
                         std::to_string(event.kv.mod_revision) + " ";
              }
              if (message.canceled) words += "compacted@" + std::to_string(message.compact_revision) + " ";
            },
            [this] { ++broken; }};
  }
};

}  // namespace tamada::simulation
