// Responder: the right to answer one request, once. Movable; may be kept beyond the handler's call and
// answered later. When the client has gone, or the server was destroyed, answering does nothing.
//
// A Responder that is destroyed without an answer sends 500, so that no client waits for ever.
// Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "common/http/kept_response.h"
#include "common/http/message.h"

namespace tamada::http {

class ServerConnections;

// The open body of an answer that has no known length: an event stream. Destroying it ends the body.
class ResponseStream {
 public:
  ResponseStream() = default;
  ResponseStream(ResponseStream&&) noexcept;
  ResponseStream& operator=(ResponseStream&&) noexcept;
  ~ResponseStream();

  // False once the client has gone or was dropped because it did not read: nothing arrives any more. An owner
  // of many looks here when it has something to say, and lets go of those that are closed.
  [[nodiscard]] bool is_open() const;
  // At most ServerOptions::max_stream_queue bytes wait for a client that reads slowly; one that lets more
  // come together is dropped, and false is returned.
  bool write(std::string_view bytes);
  // Bytes that the client's side has not taken yet; 0 if it is not open. Who has newer news for a client that
  // reads slowly waits here for 0, so that at most one piece of news is kept for it.
  [[nodiscard]] std::size_t queued() const;
  // The body is complete; the client may send its next request.
  void end();

 private:
  friend class Responder;
  ResponseStream(std::weak_ptr<ServerConnections> connections, std::uint64_t id, std::uint64_t exchange);

  std::weak_ptr<ServerConnections> connections_;
  std::uint64_t id_ = 0;
  std::uint64_t exchange_ = 0;
};

class Responder {
 public:
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();

  // The client is still there, as far as can be seen, and waits.
  [[nodiscard]] bool is_open() const;

  // The whole answer. Content-Length and Connection are added (the headers must not hold them). For HEAD the
  // body is only counted.
  void send(const Response& response) { send(KeptResponse(response)); }
  // The same for one that is sent again and again: without making it anew.
  void send(const KeptResponse& response);
  // An answer that is its status line and nothing else, no header and no body: all that the check of a load balancer reads.
  // The connection ends with it, since nothing tells where it would end otherwise, but after HEAD in HTTP/1.1.
  void send_status_line(int status);
  // Begins an answer without end: chunked for HTTP/1.1; for HTTP/1.0 the body ends with the connection.
  [[nodiscard]] ResponseStream stream(int status, const Headers& headers);

 private:
  friend class ServerConnection;
  Responder(std::weak_ptr<ServerConnections> connections, std::uint64_t id, std::uint64_t exchange);
  void give_up();

  std::weak_ptr<ServerConnections> connections_;
  std::uint64_t id_ = 0;
  std::uint64_t exchange_ = 0;  // 0: answered or moved from
};

// An answer with a line of text, e.g. text_response(404, "no such page: /x").
[[nodiscard]] Response text_response(int status, std::string_view text);

}  // namespace tamada::http
