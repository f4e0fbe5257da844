// FakeMember: an etcd member's gateway that a test holds the strings of: what a range answers, each message
// of each watch, cut as the test likes, and the answer to any other path.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/base64.h"
#include "common/etcd/values.h"
#include "common/http/server.h"
#include "common/http/url.h"
#include "tests/support/raw_socket.h"

namespace tamada::etcd {

class FakeMember {
 public:
  explicit FakeMember(loop::Loop& loop, const http::ServerOptions& options = {})
      : tls_(options.tls != nullptr),
        server_(loop, options,
                [this](const http::Request& request, const http::Peer&, http::Responder responder) {
                  answer(request, std::move(responder));
                }) {
    REQUIRE(server_.listen(loop::loopback()));
  }

  [[nodiscard]] http::Url url() const {
    return http::Url::parse((tls_ ? "https://" : "http://") + address().to_string()).value();
  }
  [[nodiscard]] Address address() const { return server_.address(); }

  // --- the strings
  std::uint64_t term = 5;
  std::uint64_t cluster = 77;
  std::int64_t revision = 10;
  std::string key = "/s/leader";
  std::string value = "a";  // empty: the key is not there
  std::int64_t mod_revision = 8;
  std::int64_t lease = 0;            // of the key; 0 and below: not told
  std::int64_t create_revision = 0;  // the same
  bool creates = true;               // answers a watch with "created"
  bool mute_ranges = false;          // never answers a range
  bool late_ranges = false;          // keeps the range for answer_ranges()
  std::string watch_refusal;         // a status line of its own instead of a stream: body of a 400
  std::function<void()> on_watch;
  // Of the other paths, behind the prefix: status and body, in turn, the last one for ever. An empty body is
  // no answer at all. Paths that are not here get a header and "succeeded".
  struct Said {
    int status = 200;
    std::string body;
  };
  std::map<std::string, std::vector<Said>> answers;

  // --- what came
  int ranges = 0;
  struct Asked {
    std::string path;
    std::string body;
    std::string token;
  };
  std::vector<Asked> asked;  // on the other paths
  [[nodiscard]] std::size_t times(const std::string& path) const {
    return static_cast<std::size_t>(
        std::count_if(asked.begin(), asked.end(), [&](const Asked& one) { return one.path == path; }));
  }
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
    std::string text =
        "{\"key\":\"" + base64_encode(key) + "\",\"mod_revision\":\"" + std::to_string(mod_revision) + "\"";
    if (lease != 0) text += ",\"lease\":\"" + std::to_string(lease) + "\"";
    if (create_revision != 0) text += ",\"create_revision\":\"" + std::to_string(create_revision) + "\"";
    if (!value.empty()) text += ",\"value\":\"" + base64_encode(value) + "\"";
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
    if (request.path != "/v3/watch") return answer_other(request, std::move(responder));
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

  void answer_other(const http::Request& request, http::Responder responder) {
    REQUIRE(request.path.rfind("/v3", 0) == 0);
    const std::string path = request.path.substr(3);
    asked.push_back({path, request.body, std::string(request.headers.find("Authorization").value_or(""))});
    http::Response response;
    response.body = "{" + header() + ",\"succeeded\":true}";
    std::vector<Said>& said = answers[path];
    if (!said.empty()) {
      response.status = said.front().status;
      response.body = said.front().body;
      if (said.size() > 1) said.erase(said.begin());
    }
    if (response.body.empty()) return kept_.push_back(std::move(responder));
    responder.send(response);
  }

  const bool tls_;
  std::vector<http::Responder> kept_;
  http::Server server_;
};

}  // namespace tamada::etcd
