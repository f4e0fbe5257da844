// Relay: the two sockets of a session and the bytes between them.
//
// It moves bytes and knows nothing of roles or packets. Bytes are read into the loop's buffer and written on
// in the same turn; only what the other side does not take is kept, and then reading stops until it was
// taken: a slow reader costs at most one read buffer and is never cut for being slow. FIN passes through
// after what was sent before it, and so does a reset, except that bytes still on their way out come first.
//
// A server closes by itself when its client has said Terminate, and whoever closes first keeps the port for a
// minute (TIME_WAIT). So the client's FIN waits for the server's: `terminate_wait` after a Terminate, which
// the server has read as well; `unseen_wait` where nobody could see the last words (encryption, or passed on
// inside the kernel). A client that is gone without a word has its FIN passed on at once: its locks are not
// to stay for that.
//
// A direction that carries bulk (COPY, a dump) is passed on inside the kernel (TcpStream::pass_to) for as
// long as it does; small messages are quicker by reading and writing.
//
// The owner decides at the start (Mode::watched: every byte goes to the owner, who send()s), may count
// (Mode::noted), and then steps aside (Mode::passing). Loop thread only; Loop, owner and counters must
// outlive it. Bytes count into one route's counters at a time, those that the owner chose last. After close()
// or destruction no callback comes. The owner may close it in any callback, and destroys it in a later turn
// (SessionCallbacks::retire).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/loop/tcp_stream.h"
#include "router/session/listener_counters.h"
#include "router/session/listener_settings.h"

namespace tamada::router {

enum class Side : std::uint8_t { client, server };

[[nodiscard]] constexpr Side other(Side side) {
  return side == Side::client ? Side::server : Side::client;
}

class RelayCallbacks {
 public:
  // The answer to connect_server(). With an error connect_server() may be called again.
  virtual void on_server_connected(const Result<void>& result) = 0;
  // Mode::watched: what came from a side. Valid during the call.
  virtual void on_watched_bytes(Side from, std::span<const std::byte> bytes) = 0;
  // Mode::watched: a side sends nothing more (`reset`: it is gone).
  virtual void on_watched_loss(Side side, bool reset, std::string_view why) = 0;
  // Mode::noted: so many bytes came from a side and are about to be passed on.
  virtual void on_noted(Side from, std::size_t bytes) = 0;
  // Passing or noted: the first FIN came, from `side`, and was passed on, unless `held`: then pass_held_fin()
  // is to be called after that time.
  virtual void on_half_closed(Side side, Duration held) = 0;
  // Passing or noted: all is over and closed, because both sent FIN, or because `side` was reset.
  virtual void on_both_closed() = 0;
  virtual void on_reset(Side side, std::string_view why) = 0;

 protected:
  ~RelayCallbacks() = default;
};

class Relay {
 public:
  enum class Mode : std::uint8_t {
    watched,
    noted,
    passing,
    ending,  // the relay's own: the client is gone, and only the server's FIN is waited for
  };
  static constexpr Duration terminate_wait = 2s;
  static constexpr Duration unseen_wait = 100ms;

  Relay(loop::Loop& loop, RelayCallbacks& owner, RouteCounters& counted_in);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Reading from the client begins.
  void adopt_client(UniqueFd socket, const Address& peer, const ListenerSettings& settings);
  void connect_server(const Address& server, Duration timeout);
  // After on_server_connected(): reading from the server begins.
  void open_server(const ListenerSettings& settings);
  // RST to the server, now; another may follow. Ends a hold.
  void drop_server();

  void send(Side to, std::string_view bytes);
  void set_mode(Mode mode) { mode_ = mode; }
  // From now on the bytes are encrypted.
  void set_encrypted() { encrypted_ = true; }
  // The client's FIN that was held goes to the server. False: none was.
  bool pass_held_fin();
  void set_route(RouteCounters& counted_in) { route_ = &counted_in; }
  [[nodiscard]] RouteCounters& route() const { return *route_; }

  // While held, nothing of the client goes on to the server, neither what it sends nor what is queued
  // already; the other direction goes on. The client's end is not noticed either. What is closed meanwhile is
  // not sent its queue.
  void hold_client(bool hold);

  // Both sides are closed at once for us. The client is sent what is queued for it (within `patience`); the
  // server is reset, so that nothing queued for it is carried out any more.
  void cut(Duration patience);
  // What is queued for either side is sent, then FIN (within `patience`).
  void finish(Duration patience);
  void close();
  // Gives the client's socket away, the server's is closed. Not open if the client is gone or has bytes
  // waiting.
  [[nodiscard]] UniqueFd release_client();

  [[nodiscard]] std::uint64_t up_bytes() const { return up_; }
  [[nodiscard]] std::uint64_t down_bytes() const { return down_; }
  // The client has said neither Terminate nor FIN, as far as can be seen: not under TLS, not behind bulk.
  [[nodiscard]] bool client_goes_on() const {
    return !encrypted_ && !client_.fin_seen && client_.last_message == LastMessage::other;
  }
  // Changes whenever bytes move, also when a slow reader takes some of what is queued.
  [[nodiscard]] std::uint64_t progress() const;
  [[nodiscard]] const Address& server_address() const { return server_.stream.peer_address(); }
  [[nodiscard]] Address server_local_address() const { return server_.stream.local_address(); }
  [[nodiscard]] Address client_local_address() const { return client_.stream.local_address(); }

 private:
  // What came last from an end.
  enum class LastMessage : std::uint8_t { other, terminate, unseen };

  // One socket and its callbacks.
  struct End final : loop::StreamCallbacks {
    End(loop::Loop& loop, Relay& owner, Side which) : relay(owner), side(which), stream(loop, *this) {}
    void on_connected(Result<void> result) override;
    void on_bytes(std::span<const std::byte> bytes) override;
    void on_passed(std::size_t bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_closed(const Error& why) override;
    Relay& relay;
    const Side side;
    bool fin_seen = false;
    LastMessage last_message = LastMessage::other;
    std::uint8_t streak = 0;  // large reads in a row, or while passing on: small ones
    loop::TcpStream stream;
  };

  [[nodiscard]] End& end_of(Side side) { return side == Side::client ? client_ : server_; }
  void count(Side from, std::size_t bytes);
  void write_on(End& from, End& to, std::span<const std::byte> bytes);
  void set_options(End& end, const ListenerSettings& settings);
  // How long the client's FIN waits for the server's.
  [[nodiscard]] Duration fin_wait() const;
  // FIN or RST, whichever loses nothing that is still on its way.
  void pass_reset(End& to);

  RelayCallbacks& owner_;
  RouteCounters* route_;
  std::uint64_t up_ = 0;
  std::uint64_t down_ = 0;
  Mode mode_ = Mode::watched;
  bool held_ = false;
  bool encrypted_ = false;
  bool fin_held_ = false;  // the client's
  End client_;
  End server_;
};

}  // namespace tamada::router
