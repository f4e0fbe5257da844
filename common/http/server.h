// Server: an HTTP/1.0 and 1.1 server that no client can pin.
//
// Keep-alive, pipelined requests (answered in their order, one at a time), HEAD, Expect: 100-continue,
// chunked answers without end. What is not plain HTTP is answered in a line of text and closed: 400
// malformed, 408 too slow, 413 body and 431 headers too large, 417, 501 unknown method, 505 version, 503 too
// many connections. Every wait has a limit: the first byte, the head, the body, the client's reading of the
// answer.
//
// Loop thread only. Loop, TLS context and whatever the handler uses must outlive it. Destroying it closes
// every connection; Responders and ResponseStreams still held then do nothing. It may not be destroyed inside
// the handler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/address.h"
#include "common/base/rate_meter.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/http/message.h"
#include "common/http/message_parser.h"
#include "common/http/responder.h"
#include "common/http/tls_context.h"
#include "common/loop/loop.h"
#include "common/loop/tcp_listener.h"

namespace tamada::http {

// Since the start. Bytes are those of HTTP, before TLS. One thread: that of the servers that count here.
struct ServerCounters {
  std::size_t connections = 0;  // open now
  std::size_t connections_max = 0;
  std::uint64_t accepted = 0;
  RateMeter connection_rate;
  std::uint64_t requests = 0;  // whole ones
  RateMeter request_rate;
  std::uint64_t bad = 0;     // no HTTP, too large, too slow
  std::uint64_t denied = 0;  // answers that tell whoever asks that they may not: 401, 403, 429
  std::uint64_t in_bytes = 0;
  std::uint64_t out_bytes = 0;
  std::array<std::uint64_t, 6> answers{};  // by the status's first digit: answers[2] counts 2xx
};

struct ServerOptions {
  MessageLimits limits{
      .max_header = std::size_t{16} * 1024, .max_body = std::size_t{64} * 1024, .max_fields = 100};
  Duration idle_timeout = 60s;    // between two requests, before the first byte
  Duration header_timeout = 10s;  // from the connection, or a request's first byte, to the end of its head;
                                  // with TLS the handshake is part of it
  Duration body_timeout = 10s;    // from the end of the head to the end of the body
  Duration write_timeout = 30s;   // how long a client may leave an answer unread before it is dropped
  // Beyond it the longest idle one is closed, or one whose request does not get on; if there is none: 503.
  std::size_t max_connections = 256;
  std::size_t max_stream_queue = std::size_t{256} * 1024;
  TlsContext* tls = nullptr;  // null: plain HTTP
  Headers own_headers{};      // besides, in the answers that no handler gives: 400, 408, 503, ...
  // Several servers may count together, one after the other too; null: this one counts alone.
  std::shared_ptr<ServerCounters> counters = nullptr;
  // Whose connections may begin with a PROXY header (v1 or v2; with TLS before the handshake), or not: load
  // balancers. The client is then the one that it names. From others one is refused. `proxy_setting`: what
  // this list is called, for words.
  std::vector<Network> proxy_from{};
  std::string proxy_setting = "the list of load balancers";
};

// What the handler learns beyond the request.
struct Peer {
  Address address;                  // as a PROXY header named it, else the connection's own
  std::string certificate_subject;  // of a verified client certificate; empty if none
  // What decides whether a client has shown one: a certificate may have no subject. One that is not signed by
  // an authority of TlsServerOptions::client_ca_file ends the handshake, so no handler sees it.
  PeerCertificate certificate = PeerCertificate::no_tls;
};

class Server final : private loop::AcceptCallbacks {
 public:
  // Called for each whole request; must answer through the responder, now or later. Must not throw.
  using Handler = std::function<void(Request request, const Peer& peer, Responder responder)>;

  Server(loop::Loop& loop, const ServerOptions& options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "cannot listen on 0.0.0.0:7000: address already in use (EADDRINUSE)"
  Result<void> listen(const Address& address);
  // Takes new clients from the same listening socket as `other`, which may be closed then: for one with other
  // options in its place, without a moment in which nobody listens.
  Result<void> listen_like(const Server& other);
  // Takes clients from a socket that listens already.
  Result<void> listen_on(UniqueFd listening_socket);
  // Another descriptor of the listening socket, for another process.
  [[nodiscard]] Result<UniqueFd> share() const { return listener_.share(); }
  // With the port the kernel chose.
  [[nodiscard]] Address address() const { return listener_.address(); }
  // Other options from now on, in place: nobody is cut and no socket is opened. What has begun goes on as it
  // was: an open connection keeps its TLS, its limits of size and the time limit that is running; the next
  // time limits, the number of connections and whose PROXY header is taken are the new ones. Fewer
  // connections than are open cut nobody, and let nobody in until there is room. `counters` stay those of the
  // constructor. The former TLS context may go afterwards.
  void reconfigure(const ServerOptions& options);
  // Clients wait in the backlog until resume().
  void pause() { listener_.stop(); }
  void resume() { listener_.resume(); }

  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] const ServerCounters& counters() const;

 private:
  void on_accept(UniqueFd socket, const Address& peer) override;

  std::shared_ptr<ServerConnections> connections_;
  loop::TcpListener listener_;
};

}  // namespace tamada::http
