#include "common/http/responder.h"

#include <fmt/format.h>

#include <utility>

#include "common/http/server_connections.h"

namespace tamada::http {
namespace {

ServerConnection* waiting(const std::weak_ptr<ServerConnections>& connections, std::uint64_t id,
                          std::uint64_t exchange) {
  const auto all = connections.lock();
  ServerConnection* one = all == nullptr ? nullptr : all->find(id);
  return one != nullptr && one->awaits_answer(exchange) ? one : nullptr;
}

ServerConnection* streaming(const std::weak_ptr<ServerConnections>& connections, std::uint64_t id,
                            std::uint64_t exchange) {
  const auto all = connections.lock();
  ServerConnection* one = all == nullptr ? nullptr : all->find(id);
  return one != nullptr && one->is_streaming(exchange) ? one : nullptr;
}

}  // namespace

Response text_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = fmt::format("{}\n", text);
  return response;
}

// --- Responder

Responder::Responder(std::weak_ptr<ServerConnections> connections, std::uint64_t id, std::uint64_t exchange)
    : connections_(std::move(connections)), id_(id), exchange_(exchange) {}

Responder::Responder(Responder&& other) noexcept
    : connections_(std::move(other.connections_)),
      id_(other.id_),
      exchange_(std::exchange(other.exchange_, 0)) {}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this == &other) return *this;
  give_up();
  connections_ = std::move(other.connections_);
  id_ = other.id_;
  exchange_ = std::exchange(other.exchange_, 0);
  return *this;
}

Responder::~Responder() {
  give_up();
}

void Responder::give_up() {
  if (exchange_ == 0) return;
  if (const auto all = connections_.lock()) {
    send(all->own_answer(500, "the server has no answer to this request"));
  }
}

bool Responder::is_open() const {
  return waiting(connections_, id_, exchange_) != nullptr;
}

void Responder::send(const KeptResponse& response) {
  if (ServerConnection* one = waiting(connections_, id_, std::exchange(exchange_, 0))) one->send(response);
}

void Responder::send_status_line(int status) {
  if (ServerConnection* one = waiting(connections_, id_, std::exchange(exchange_, 0)))
    one->send_status_line(status);
}

ResponseStream Responder::stream(int status, const Headers& headers) {
  const std::uint64_t exchange = std::exchange(exchange_, 0);
  ServerConnection* one = waiting(connections_, id_, exchange);
  if (one == nullptr) return {};
  one->begin_stream(status, headers);
  return {connections_, id_, exchange};
}

// --- ResponseStream

ResponseStream::ResponseStream(std::weak_ptr<ServerConnections> connections, std::uint64_t id,
                               std::uint64_t exchange)
    : connections_(std::move(connections)), id_(id), exchange_(exchange) {}

ResponseStream::ResponseStream(ResponseStream&& other) noexcept
    : connections_(std::move(other.connections_)),
      id_(other.id_),
      exchange_(std::exchange(other.exchange_, 0)) {}

ResponseStream& ResponseStream::operator=(ResponseStream&& other) noexcept {
  if (this == &other) return *this;
  end();
  connections_ = std::move(other.connections_);
  id_ = other.id_;
  exchange_ = std::exchange(other.exchange_, 0);
  return *this;
}

ResponseStream::~ResponseStream() {
  end();
}

bool ResponseStream::is_open() const {
  return streaming(connections_, id_, exchange_) != nullptr;
}

bool ResponseStream::write(std::string_view bytes) {
  ServerConnection* one = streaming(connections_, id_, exchange_);
  return one != nullptr && one->stream_write(bytes);
}

std::size_t ResponseStream::queued() const {
  const ServerConnection* one = streaming(connections_, id_, exchange_);
  return one == nullptr ? 0 : one->queued();
}

void ResponseStream::end() {
  if (ServerConnection* one = streaming(connections_, id_, std::exchange(exchange_, 0))) one->end_stream();
}

}  // namespace tamada::http
