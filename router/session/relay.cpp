#include "router/session/relay.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>

namespace tamada::router {

namespace {

// How long a peer may take for the last bytes when nothing else limits it.
constexpr Duration last_bytes = 30s;

// When a direction counts as bulk, and when no longer. Measured (docs/benchmarks.md): passing on inside the
// kernel takes less than half the CPU time for large reads. The limits themselves are chosen, not measured:
// small messages, which gain nothing from it, stay out.
constexpr std::size_t large_read = std::size_t{16} * 1024;
constexpr std::size_t small_pass = std::size_t{8} * 1024;
constexpr std::uint8_t large_reads_of_bulk = 8;
constexpr std::uint8_t small_passes_of_none = 16;

// The whole message (PostgreSQL manual, "Message Formats"). Clients send it in one piece, and nothing after
// it. The last bytes of a larger message may look the same: then a client that vanished in the middle of that
// message keeps its session for `terminate_wait`.
bool ends_with_terminate(std::span<const std::byte> bytes) {
  constexpr std::array<unsigned char, 5> terminate = {'X', 0, 0, 0, 4};
  return bytes.size() >= terminate.size() &&
         std::memcmp(bytes.data() + bytes.size() - terminate.size(), terminate.data(), terminate.size()) == 0;
}

// Bytes the kernel has taken and the peer has not acknowledged.
bool has_unacknowledged(const loop::TcpStream& stream) {
  int bytes = 0;
  return ioctl(stream.fd(), SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

}  // namespace

Relay::Relay(loop::Loop& loop, RelayCallbacks& owner, RouteCounters& counted_in)
    : owner_(owner),
      route_(&counted_in),
      client_(loop, *this, Side::client),
      server_(loop, *this, Side::server) {}

void Relay::adopt_client(UniqueFd socket, const Address& peer, const ListenerSettings& settings) {
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
  hold_client(false);
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
  count(other(to), bytes.size());
  write_on(end_of(other(to)), target, std::as_bytes(std::span(bytes.data(), bytes.size())));
}

void Relay::count(Side from, std::size_t bytes) {
  if (from == Side::client) {
    up_ += bytes;
    route_->up_bytes.add(bytes);
  } else {
    down_ += bytes;
    route_->down_bytes.add(bytes);
  }
}

void Relay::write_on(End& from, End& to, std::span<const std::byte> bytes) {
  to.stream.write(bytes);
  if (to.stream.queued() > 0) from.stream.read_stop();
}

void Relay::hold_client(bool hold) {
  if (hold == held_) return;
  held_ = hold;
  server_.stream.hold_writing(hold);
  if (hold) {
    client_.stream.read_stop();
  } else if (client_.stream.is_open() && !client_.fin_seen && server_.stream.queued() == 0) {
    client_.stream.read_start();
  }
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

UniqueFd Relay::release_client() {
  server_.stream.close();
  if (!client_.stream.is_open() || client_.stream.queued() > 0) return {};
  return client_.stream.release();
}

std::uint64_t Relay::progress() const {
  return up_ + down_ - client_.stream.queued() - server_.stream.queued();
}

Duration Relay::fin_wait() const {
  if (encrypted_ || client_.last_message == LastMessage::unseen) return unseen_wait;
  return client_.last_message == LastMessage::terminate ? terminate_wait : 0s;
}

bool Relay::pass_held_fin() {
  if (!std::exchange(fin_held_, false)) return false;
  if (mode_ == Mode::ending) {
    server_.stream.finish(last_bytes);
    owner_.on_both_closed();
  } else {
    server_.stream.shutdown();
  }
  return true;
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
    if (relay.mode_ == Mode::ending) return;
    relay.owner_.on_noted(side, bytes.size());
  }
  relay.count(side, bytes.size());
  End& peer = relay.end_of(other(side));
  relay.write_on(*this, peer, bytes);
  last_message = ends_with_terminate(bytes) ? LastMessage::terminate : LastMessage::other;
  streak = bytes.size() < large_read ? std::uint8_t{0} : static_cast<std::uint8_t>(streak + 1);
  if (streak < large_reads_of_bulk) return;
  streak = 0;
  if (relay.mode_ == Mode::passing) stream.pass_to(&peer.stream);
}

void Relay::End::on_passed(std::size_t bytes) {
  relay.count(side, bytes);
  last_message = LastMessage::unseen;
  if (relay.end_of(other(side)).stream.queued() > 0) stream.read_stop();
  streak = bytes >= small_pass ? std::uint8_t{0} : static_cast<std::uint8_t>(streak + 1);
  if (streak < small_passes_of_none) return;
  streak = 0;
  stream.pass_to(nullptr);
}

void Relay::End::on_end() {
  if (relay.mode_ == Mode::watched) return relay.owner_.on_watched_loss(side, false, "closed");
  fin_seen = true;
  End& peer = relay.end_of(other(side));
  if (!peer.fin_seen && relay.mode_ != Mode::ending) {
    const Duration held = side == Side::client ? relay.fin_wait() : 0s;
    relay.fin_held_ = held > 0s;
    if (!relay.fin_held_) peer.stream.shutdown();
    return relay.owner_.on_half_closed(side, held);
  }
  relay.finish(last_bytes);
  relay.owner_.on_both_closed();
}

void Relay::End::on_drained() {
  End& peer = relay.end_of(other(side));
  if (relay.held_ && side == Side::server) return;
  if (peer.stream.is_open() && !peer.fin_seen) peer.stream.read_start();
}

void Relay::End::on_closed(const Error& why) {
  if (relay.mode_ == Mode::watched) return relay.owner_.on_watched_loss(side, true, why.message);
  End& peer = relay.end_of(other(side));
  if (fin_seen && relay.fin_held_ && side == Side::client && peer.stream.is_open()) {
    // A client that has closed refuses what the server says last (TLS: close_notify). The server's FIN
    // follows.
    relay.mode_ = Mode::ending;
    peer.stream.pass_to(nullptr);
    return peer.stream.read_start();
  }
  if (!fin_seen && side == Side::client && last_message == LastMessage::terminate && !peer.fin_seen &&
      peer.stream.is_open() && relay.mode_ != Mode::ending) {
    // The same, but what it refused came before its end was noticed.
    fin_seen = relay.fin_held_ = true;
    relay.mode_ = Mode::ending;
    peer.stream.pass_to(nullptr);
    peer.stream.read_start();
    return relay.owner_.on_half_closed(side, terminate_wait);
  }
  if (fin_seen) {
    // It had closed in order and refuses what still came for it: its last bytes are not to be lost for that.
    peer.stream.finish(last_bytes);
    return relay.owner_.on_both_closed();
  }
  relay.pass_reset(peer);
  relay.owner_.on_reset(side, why.message);
}

}  // namespace tamada::router
