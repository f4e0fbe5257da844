// ApiServer: Patroni's REST API of this node. Reading requests are answered from the snapshot that was published last, without
// asking anybody; those that change something are checked and handed to the backend.
//
// It is meant for a loop (a thread) of its own: neither a hung HA loop, nor a slow disk, nor a client that says nothing keeps
// it from answering, and what it says holds at the moment it says it. Every connection has its limits of time and size.
//
// Loop thread only; Loop, Resolver and backend must outlive it. Destroying it closes every connection; callbacks of the backend
// that come later do nothing.
#pragma once

#include <memory>
#include <vector>

#include "agent/api/access_list.h"
#include "agent/api/api_backend.h"
#include "agent/api/api_options.h"
#include "agent/api/pending_answer.h"
#include "agent/api/snapshot_questions.h"
#include "agent/api/write_desk.h"
#include "common/base/address.h"
#include "common/base/result.h"
#include "common/http/server.h"
#include "common/http/tls_context.h"
#include "common/loop/loop.h"
#include "common/loop/resolver.h"
#include "common/loop/side_thread.h"

namespace tamada::agent {

class ApiServer {
 public:
  ApiServer(loop::Loop& loop, loop::Resolver& resolver, ApiBackend& backend);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // The options from now on; open connections keep their TLS and the limits that run. An error (a certificate that cannot be
  // read, a header that is none) leaves the former ones in use. Changed certificate files are read again by themselves, on
  // another thread; those that cannot be used leave the former certificate in use.
  Result<void> configure(const ApiOptions& options);
  // Answers on these addresses from now on, and no longer on others; those that stay keep their connections. All or none: an
  // error leaves those from before. configure() comes first.
  Result<void> listen(const std::vector<Address>& addresses);
  // With the ports that the kernel chose.
  [[nodiscard]] std::vector<Address> addresses() const;

  // Before the first one every request has 503.
  void publish(SnapshotPtr snapshot);

  // Why the certificate files there now are not the ones in use; empty if they are.
  [[nodiscard]] std::string tls_problem() const;
  [[nodiscard]] const http::ServerCounters& counters() const { return *counters_; }

 private:
  struct Listening {
    Address asked;
    std::unique_ptr<http::Server> server;
  };

  void on_request(http::Request request, const http::Peer& peer, http::Responder responder);
  void on_read(http::Request request, http::Responder responder);
  void answer_later(const std::shared_ptr<const http::Request>& request, TimePoint at, bool by_query,
                    const PendingAnswer& pending);
  void on_write(const http::Request& request, const http::Peer& peer, http::Responder responder);

  [[nodiscard]] http::ServerOptions server_options() const;
  [[nodiscard]] AnswerHeaders answer_headers() const;

  loop::Loop& loop_;
  loop::SideThread side_thread_;  // reads changed certificates
  ApiOptions options_;
  std::unique_ptr<http::TlsContext> tls_;
  AnswerHeaders headers_;
  AccessList access_list_;
  SnapshotPtr newest_;
  SnapshotQuestions queries_;   // of PostgreSQL
  SnapshotQuestions readings_;  // of etcd
  WriteDesk write_desk_;
  const std::shared_ptr<http::ServerCounters> counters_;
  std::vector<Listening> listening_;
};

}  // namespace tamada::agent
