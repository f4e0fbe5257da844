#include "common/http/server_connections.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "common/loop/clock.h"
#include "common/loop/tcp_stream.h"

namespace tamada::http {
namespace {

constexpr std::size_t max_lingering = 64;
constexpr Duration linger_timeout = 1s;

}  // namespace

ServerConnections::ServerConnections(loop::Loop& loop, const ServerOptions& options, Server::Handler handler)
    : loop_(loop),
      options_(options),
      handler_(std::move(handler)),
      counters_(options.counters != nullptr ? options.counters : std::make_shared<ServerCounters>()) {}

ServerConnections::~ServerConnections() {
  counters_->connections -= open_.size();
}

void ServerConnections::accept(UniqueFd socket, const Address& peer) {
  ++counters_->accepted;
  counters_->connection_rate.add(loop::boot_now());
  if (open_.size() >= options_.max_connections && !make_room()) return turn_away(std::move(socket), peer);
  std::unique_ptr<TlsSession> tls;
  if (options_.tls != nullptr) {
    auto made = options_.tls->new_session("");
    // Without a certificate nobody can be told anything; TlsContext::load() at start-up says why.
    if (!made) return;
    tls = std::move(*made);
  }
  const std::uint64_t id = ++last_id_;
  ++counters_->connections;
  counters_->connections_max = std::max(counters_->connections_max, counters_->connections);
  auto& connection = *(open_[id] = std::make_unique<ServerConnection>(*this, id));
  connection.start(std::move(socket), peer, std::move(tls));
}

void ServerConnections::turn_away(UniqueFd socket, const Address& peer) {
  // A crowd that is turned away must not fill the loop with good-byes: then the socket is just closed. So it
  // is with TLS, where a word would cost a handshake.
  if (options_.tls != nullptr ||
      loop_.open_handle_count(loop::HandleKind::lingering_socket) >= max_lingering) {
    return;
  }
  struct Nobody final : loop::StreamCallbacks {
    void on_bytes(std::span<const std::byte>) override {}
    void on_end() override {}
    void on_closed(const Error&) override {}
  } nobody;
  loop::TcpStream stream(loop_, nobody);
  stream.adopt(std::move(socket), peer);
  const std::string bytes =
      KeptResponse(own_answer(503, "too many connections; try again later")).bytes(false, true);
  ++counters_->answers[5];
  counters_->out_bytes += bytes.size();
  stream.write(std::as_bytes(std::span(bytes)));
  stream.finish(linger_timeout);
}

Response ServerConnections::own_answer(int status, std::string_view words) const {
  Response response = text_response(status, words);
  for (const Header& field : options_.own_headers) response.headers.add(field.name, field.value);
  return response;
}

ServerConnection* ServerConnections::find(std::uint64_t id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : found->second.get();
}

void ServerConnections::retire(std::uint64_t id) {
  auto node = open_.extract(id);
  if (node.empty()) return;
  --counters_->connections;
  if (retired_.empty()) {
    loop_.defer([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->retired_.clear();
    });
  }
  retired_.push_back(std::move(node.mapped()));
}

bool ServerConnections::make_room() {
  const TimePoint now = loop::boot_now();
  ServerConnection* chosen = nullptr;
  for (const auto& [id, connection] : open_) {
    if (!connection->is_idle() && !connection->is_dawdling(now)) continue;
    const bool better =
        chosen == nullptr || connection->is_idle() > chosen->is_idle() ||
        (connection->is_idle() == chosen->is_idle() && connection->waiting_since() < chosen->waiting_since());
    if (better) chosen = connection.get();
  }
  if (chosen == nullptr) return false;
  chosen->close_waiting();
  return true;
}

}  // namespace tamada::http
