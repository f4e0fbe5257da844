// FakeMember: an etcd member's gateway that a test holds the strings of: what a range answers, and each
// message of each watch, cut as the test likes.
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/etcd/values.h"
#include "common/http/base64.h"
#include "common/http/server.h"
#include "tests/support/raw_socket.h"

namespace tamada::etcd {

class FakeMember {
 public:
  explicit FakeMember(loop::Loop& loop)
      : server_(loop, http::ServerOptions{},
                [this](const http::Request& request, const http::Peer&, http::Responder responder) {
                  answer(request, std::move(responder));
                }) {
    REQUIRE(server_.listen(loop::loopback()));
  }

  [[nodiscard]] http::Url url() const {
    return http::Url::parse("http://" + server_.address().to_string()).value();
  }

  // --- the strings
  std::uint64_t term = 5;
  std::uint64_t cluster = 77;
  std::int64_t revision = 10;
  std::string key = "/s/leader";
  std::string value = "a";  // empty: the key is not there
  std::int64_t mod_revision = 8;
  bool creates = true;        // answers a watch with "created"
  bool mute_ranges = false;   // never answers a range
  bool late_ranges = false;   // keeps the range for answer_ranges()
  std::string watch_refusal;  // a status line of its own instead of a stream: body of a 400
  std::function<void()> on_watch;

  // --- what came
  int ranges = 0;
  std::vector<std::string> watch_requests;
  std::vector<http::ResponseStream> watches;

  void set(const std::string& new_value) {
    value = new_value;
    mod_revision = ++revision;
  }
  [[nodiscard]] std::string header() const {
    return "\"header\":{\"cluster_id\":\"" + std::to_string(cluster) + "\",\"revision\":\"" +
           std::to_string(revision) + "\",\"raft_term\":\"" + std::to_string(term) + "\"}";
  }
  [[nodiscard]] std::string kv() const {
    std::string text = "{\"key\":\"" + http::base64_encode(key) + "\",\"mod_revision\":\"" +
                       std::to_string(mod_revision) + "\"";
    if (!value.empty()) text += ",\"value\":\"" + http::base64_encode(value) + "\"";
    return text + "}";
  }
  // The event of the present state.
  [[nodiscard]] std::string event() const {
    return "{\"result\":{" + header() + ",\"events\":[{" + (value.empty() ? "\"type\":\"DELETE\"," : "") +
           "\"kv\":" + kv() + "}]}}\n";
  }
  // On the newest watch.
  void say(const std::string& bytes) { CHECK(watches.back().write(bytes)); }
  void answer_ranges() {
    for (http::Responder& one : kept_) one.send(range_answer());
    kept_.clear();
  }

 private:
  http::Response range_answer() const {
    http::Response response;
    response.body = "{" + header() + (value.empty() ? "" : ",\"kvs\":[" + kv() + "]") + "}";
    return response;
  }
  void answer(const http::Request& request, http::Responder responder) {
    http::Response response;
    if (request.path == "/version") {
      response.body = R"({"etcdserver":"3.5.9","etcdcluster":"3.5.0"})";
      return responder.send(response);
    }
    if (request.path == "/v3/kv/range") {
      ++ranges;
      if (mute_ranges || late_ranges) return kept_.push_back(std::move(responder));
      return responder.send(range_answer());
    }
    REQUIRE(request.path == "/v3/watch");
    watch_requests.push_back(request.body);
    if (!watch_refusal.empty()) {
      response.status = 400;
      response.body = watch_refusal;
      return responder.send(response);
    }
    watches.push_back(responder.stream(200, {}));
    if (creates) say("{\"result\":{" + header() + ",\"created\":true}}\n");
    if (on_watch) on_watch();
  }

  std::vector<http::Responder> kept_;
  http::Server server_;
};

}  // namespace tamada::etcd
