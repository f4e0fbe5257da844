#include "router/shell/relay.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <string>

namespace tamada::router {

namespace {

// How long a peer may take for the last bytes when nothing else limits it.
constexpr Duration last_bytes = 30s;

// Bytes the kernel has taken and the peer has not acknowledged.
bool has_unacknowledged(const loop::TcpStream& stream) {
  int bytes = 0;
  return ioctl(stream.fd(), SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

}  // namespace

Relay::Relay(loop::Loop& loop, RelayOwner& owner, ListenerCounters& counters)
    : owner_(owner),
      counters_(counters),
      client_(loop, *this, Side::client),
      server_(loop, *this, Side::server) {}

void Relay::adopt_client(loop::UniqueFd socket, const Address& peer, const ListenerSettings& settings) {
  client_.stream.adopt(std::move(socket), peer);
  set_options(client_, settings);
  client_.stream.read_start();
}

void Relay::connect_server(const Address& server, Duration timeout) {
  server_.fin_seen = false;
  server_.stream.connect(server, timeout);
}

void Relay::open_server(const ListenerSettings& settings) {
  set_options(server_, settings);
  server_.stream.read_start();
}

void Relay::drop_server() {
  if (server_.stream.is_open()) {
    server_.stream.reset();
  } else {
    server_.stream.close();
  }
}

void Relay::set_options(End& end, const ListenerSettings& settings) {
  end.stream.set_nodelay(true);
  const KeepaliveConfig& keepalive = settings.keepalive;
  if (keepalive.on) {
    end.stream.set_keepalive(keepalive.idle, keepalive.interval, static_cast<int>(keepalive.count));
  }
  if (settings.tcp_user_timeout > 0s) end.stream.set_user_timeout(settings.tcp_user_timeout);
}

void Relay::send(Side to, std::string_view bytes) {
  End& target = end_of(to);
  if (!target.stream.is_open() || target.stream.is_shutdown()) return;
  if (to == Side::client) {
    down_ += bytes.size();
    counters_.down_bytes.add(bytes.size());
  } else {
    up_ += bytes.size();
    counters_.up_bytes.add(bytes.size());
  }
  write_on(end_of(other(to)), target, std::as_bytes(std::span(bytes.data(), bytes.size())));
}

void Relay::write_on(End& from, End& to, std::span<const std::byte> bytes) {
  to.stream.write(bytes);
  if (to.stream.queued() > 0) from.stream.read_stop();
}

void Relay::cut(Duration patience) {
  drop_server();
  client_.stream.finish(patience);
}

void Relay::finish(Duration patience) {
  server_.stream.finish(patience);
  client_.stream.finish(patience);
}

void Relay::close() {
  server_.stream.close();
  client_.stream.close();
}

loop::UniqueFd Relay::release_client() {
  server_.stream.close();
  if (!client_.stream.is_open() || client_.stream.queued() > 0) return {};
  return client_.stream.release();
}

std::uint64_t Relay::progress() const {
  return up_ + down_ - client_.stream.queued() - server_.stream.queued();
}

void Relay::pass_reset(End& to) {
  if (!to.stream.is_open()) {
    to.stream.close();
  } else if (to.stream.queued() > 0 || has_unacknowledged(to.stream)) {
    to.stream.finish(last_bytes);
  } else {
    to.stream.reset();
  }
}

void Relay::End::on_connected(Result<void> result) {
  relay.owner_.on_server_connected(result);
}

void Relay::End::on_bytes(std::span<const std::byte> bytes) {
  if (relay.mode_ != Mode::passing) {
    if (relay.mode_ == Mode::watched) return relay.owner_.on_watched_bytes(side, bytes);
    relay.owner_.on_noted(side);
  }
  if (side == Side::client) {
    relay.up_ += bytes.size();
    relay.counters_.up_bytes.add(bytes.size());
    relay.write_on(*this, relay.server_, bytes);
  } else {
    relay.down_ += bytes.size();
    relay.counters_.down_bytes.add(bytes.size());
    relay.write_on(*this, relay.client_, bytes);
  }
}

void Relay::End::on_end() {
  if (relay.mode_ == Mode::watched) return relay.owner_.on_watched_loss(side, false, "closed");
  fin_seen = true;
  End& peer = relay.end_of(other(side));
  if (!peer.fin_seen) {
    peer.stream.shutdown();
    return relay.owner_.on_half_closed(side);
  }
  relay.finish(last_bytes);
  relay.owner_.on_both_closed();
}

void Relay::End::on_drained() {
  End& peer = relay.end_of(other(side));
  if (peer.stream.is_open() && !peer.fin_seen) peer.stream.read_start();
}

void Relay::End::on_closed(const Error& why) {
  if (relay.mode_ == Mode::watched) return relay.owner_.on_watched_loss(side, true, why.message);
  End& peer = relay.end_of(other(side));
  if (fin_seen) {
    // It had closed in order and refuses what still came for it: its last bytes are not to be lost for that.
    peer.stream.finish(last_bytes);
    return relay.owner_.on_both_closed();
  }
  relay.pass_reset(peer);
  relay.owner_.on_reset(side, why.message);
}

}  // namespace tamada::router
