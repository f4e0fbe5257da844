// PostgresSearch: at which of its addresses does a node's PostgreSQL take connections? Tries them in order,
// each with a PostgresProbe; at one that is not vouched for, the REST API has to show the node's own server
// as well, since another address of a name may be another machine. All within one deadline, shared out among
// those that are left, so that one that is silent (a firewall) leaves time for the next.
//
// The callback runs exactly once, never from inside the constructor, unless the search is destroyed before;
// it may be destroyed in the callback. Loop thread only; the Loop must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/http/client_request.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"
#include "router/poll/node_addresses.h"
#include "router/poll/postgres_probe.h"

namespace tamada::router {

class PostgresSearch {
 public:
  struct Question {
    std::vector<PostgresPlace> places;  // at least one
    Duration deadline{};
    // To vouch: the REST API, at the place's own address, and what it has to show (server_shown(); empty: it
    // cannot be told, so that nothing is vouched for).
    http::Target api;
    std::uint16_t api_port = 0;
    std::shared_ptr<http::TlsContext> tls;  // that of `api`
    std::string server;
  };
  struct Outcome {
    Address answered_at;       // not set: nowhere
    std::optional<Error> why;  // then: what the first place said
  };
  using Callback = std::function<void(const Outcome& outcome)>;

  PostgresSearch(loop::Loop& loop, Question question, Callback callback);
  PostgresSearch(const PostgresSearch&) = delete;
  PostgresSearch& operator=(const PostgresSearch&) = delete;

 private:
  void try_next();
  void on_probed(const Result<void>& answered);
  void vouch();
  void on_api(const http::Outcome<http::Response>& answer);
  [[nodiscard]] Duration share_of_time() const;
  void done(const Outcome& outcome);

  loop::Loop& loop_;
  const Question question_;
  const TimePoint over_at_;
  Callback callback_;
  std::size_t at_ = 0;  // of question_.places
  std::optional<Error> why_;
  std::unique_ptr<PostgresProbe> probe_;
  std::unique_ptr<http::ClientRequest> request_;
};

}  // namespace tamada::router
