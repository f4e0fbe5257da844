// RealWatch: one watch of a real etcd, as its gateway sends it, with every message kept.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "common/etcd/codec.h"
#include "common/etcd/json_splitter.h"
#include "common/http/stream_request.h"
#include "common/http/target.h"
#include "common/loop/loop.h"

namespace tamada::simulation {

class RealWatch final : private http::StreamRequest::Callbacks {
 public:
  RealWatch(loop::Loop& loop, const http::Target& target, const std::string& key, etcd::Scope scope,
            std::int64_t start_revision)
      : splitter_(1 << 20), stream_(loop, target, request(key, scope, start_revision), {}, *this) {}

  [[nodiscard]] bool created() const { return created_revision_ > 0; }
  [[nodiscard]] std::int64_t created_revision() const { return created_revision_; }
  [[nodiscard]] const std::vector<etcd::Event>& events() const { return events_; }
  [[nodiscard]] std::int64_t compact_revision() const { return compact_revision_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  static http::Request request(const std::string& key, etcd::Scope scope, std::int64_t start_revision) {
    http::Request asked;
    asked.method = "POST";
    asked.path = "/v3/watch";
    asked.headers.add("Content-Type", "application/json");
    asked.body = etcd::encode_watch(key, scope, start_revision);
    return asked;
  }
  void on_stream_head(const http::Response& head) override { CHECK(head.status == 200); }
  void on_stream_bytes(std::string_view bytes) override {
    std::vector<std::string> objects;
    REQUIRE(splitter_.feed(bytes, objects));
    for (const std::string& object : objects) take(etcd::decode_watch(object).value());
  }
  void on_stream_end(http::Outcome<void>) override { ended_ = true; }
  void take(const etcd::WatchMessage& message) {
    if (message.created) created_revision_ = message.header.revision;
    if (message.canceled) compact_revision_ = message.compact_revision;
    events_.insert(events_.end(), message.events.begin(), message.events.end());
  }

  std::int64_t created_revision_ = 0;
  std::int64_t compact_revision_ = 0;
  std::vector<etcd::Event> events_;
  bool ended_ = false;
  etcd::JsonSplitter splitter_;
  http::StreamRequest stream_;
};

}  // namespace tamada::simulation
