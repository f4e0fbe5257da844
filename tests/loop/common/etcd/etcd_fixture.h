// What the etcd tests share: a loop with a resolver, and a listener that keeps what a watch tells.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/etcd/client.h"
#include "common/etcd/watch.h"
#include "common/loop/resolver.h"
#include "tests/support/loop_fixture.h"

namespace tamada::etcd {

struct WatchLog final : WatchCallbacks {
  void on_value(const std::string& key, const std::optional<std::string>& value, std::int64_t revision,
                TimePoint proven) override {
    changes.push_back(key + (value ? "=" + *value : " is gone"));
    last_revision = revision;
    CHECK(proven <= loop::boot_now());
  }
  void on_fresh(TimePoint when) override {
    CHECK(when >= as_of);
    CHECK(when <= loop::boot_now());
    as_of = when;
    ++fresh;
  }
  void on_silence(const Error& why) override {
    silences.push_back(why.message);
    kinds.push_back(why.kind);
  }
  void on_still_silent(const Error& why) override { still_silent = why.message; }
  [[nodiscard]] std::string last() const { return changes.empty() ? "" : changes.back(); }

  std::vector<std::string> changes;
  std::vector<std::string> silences;
  std::vector<ErrorKind> kinds;
  std::string still_silent;  // the newest reason
  std::int64_t last_revision = 0;
  TimePoint as_of{};
  int fresh = 0;
};

struct EtcdFixture : loop::LoopFixture {
  [[nodiscard]] std::unique_ptr<Client> client_of(std::vector<http::Url> endpoints,
                                                  ClientOptions options = {}) {
    options.endpoints = std::move(endpoints);
    return std::make_unique<Client>(loop, resolver, std::move(options));
  }

  // Runs one call to its end: run<RangeReply>([&](auto done) { return client.range(request, done); }).
  template <class Reply, class Begin>
  Outcome<Reply> run(Begin begin) {
    std::optional<Outcome<Reply>> answer;
    const CallPtr call = begin([&](Outcome<Reply> outcome) { answer = std::move(outcome); });
    CHECK_FALSE(answer);
    REQUIRE(run_until([&] { return answer.has_value(); }));
    return *answer;
  }
  Outcome<PutReply> put(Client& client, const std::string& key, const std::string& value,
                        std::int64_t lease = 0) {
    return run<PutReply>([&](auto done) { return client.put({key, value, lease}, done); });
  }
  Outcome<TxnReply> txn(Client& client, const TxnRequest& request) {
    return run<TxnReply>([&](auto done) { return client.txn(request, done); });
  }
  Outcome<RangeReply> range(Client& client, const std::string& key, Scope scope = Scope::key) {
    return run<RangeReply>([&](auto done) { return client.range({key, scope, false}, done); });
  }
  void remove(Client& client, const std::string& key) {
    REQUIRE(txn(client, {{}, {{Operation::Kind::remove, key, "", 0}}, {}}));
  }

  loop::Resolver resolver{loop};
};

}  // namespace tamada::etcd
