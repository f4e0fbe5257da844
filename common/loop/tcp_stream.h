// TcpStream: one TCP connection, plain bytes.
//
// After close()/reset()/finish()/release() or destruction returns, no callback of this object runs again. All
// may be called from inside one of its callbacks. Loop thread only. Loop and StreamCallbacks must outlive it.
//
// States: closed -> (connect) connecting -> open -> closed; closed -> (adopt) open. A closed stream may be
// used again. Bytes are read into the loop's buffer and handed on at once; what write() could not give to the
// kernel is the only thing kept, so an idle stream owns nothing but itself (sizeof is its whole memory, see
// the test) and a place in the loop's table. No verb raises SIGPIPE.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "common/base/address.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "common/loop/stream_callbacks.h"

namespace tamada::loop {

class SplicePipe;
class Timer;

class TcpStream final : private FdCallbacks {
 public:
  TcpStream(Loop& loop, StreamCallbacks& callbacks);
  ~TcpStream();  // close()
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  // --- opening (only when closed)
  // Answers through on_connected(), never from inside this call: refused, unreachable, reset, timeout
  // (nothing came within `timeout`), system (out of descriptors), each worded "connect
  // to 10.0.0.1:5432: ...".
  void connect(const Address& peer, Duration timeout);
  // Takes an accepted, connected socket. `peer` saves asking the kernel.
  void adopt(UniqueFd socket, const Address& peer = {});
  // Gives the socket away, open and with nothing lost, e.g. to another loop. Only when open and nothing is
  // queued.
  [[nodiscard]] UniqueFd release();

  // --- reading (off after opening)
  // May be called in any open state, also again. Without reading, neither FIN nor (unless writing) a reset is
  // seen.
  void read_start();
  // No on_bytes and no on_end until read_start(); what the peer sends stays in the kernel and slows it down.
  void read_stop();

  // --- passing on (for bulk; both streams open and of one loop, SIGPIPE ignored)
  // From now on what arrives goes to `to` inside the kernel, told by on_passed(), whenever `to` has nothing
  // queued and a pipe is free; else it comes through on_bytes() as ever, and so do FIN and errors. What `to`
  // does not take now counts as queued there. Null, or closing this stream, ends it; do so before `to` is
  // closed or destroyed.
  void pass_to(TcpStream* to);

  // --- writing (only when open, and not after shutdown())
  // How much the kernel took now, perhaps 0. Only when nothing is queued. An error comes through
  // on_closed() in a later turn as well, so it may be ignored.
  Result<std::size_t> try_write(std::span<const std::byte> bytes);
  // Everything: what the kernel does not take now is copied into the queue. Errors come through on_closed();
  // after one the bytes are dropped.
  void write(std::span<const std::byte> bytes);
  [[nodiscard]] std::size_t queued() const;
  // Until it is told otherwise nothing is given to the kernel: write() queues, what is queued stays, and
  // finish() drops it. Ends when the stream is closed. Only when open.
  void hold_writing(bool hold);
  // FIN, after what is queued. Reading goes on.
  void shutdown();
  [[nodiscard]] bool is_shutdown() const { return fin_asked_; }

  // --- closing (all: closed at once for the user, no callback any more; without effect when closed)
  // Sends what is queued, then FIN, then waits for the peer's FIN for a moment (2 s), so that unread bytes of
  // the peer do not turn the close into a RST that overtakes the last bytes. All within `deadline` from now.
  // The socket belongs to the loop meanwhile: the stream may be destroyed. Connecting: same as close().
  void finish(Duration deadline);
  // RST: the peer sees "connection reset". Queued bytes are dropped.
  void reset();
  // Drops what is queued. The kernel sends FIN, or RST if bytes of the peer were left unread.
  void close();

  // --- the socket
  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  [[nodiscard]] bool is_connecting() const { return state_ == State::connecting; }
  // Best effort; ignored when closed. A socket option that the kernel refuses harms nobody.
  void set_nodelay(bool on);
  // Probes after `idle` of silence, every `interval`, given up after `count` (seconds are the kernel's unit).
  void set_keepalive(Duration idle, Duration interval, int count);
  // TCP_USER_TIMEOUT; 0 is the kernel's default. Also cuts peers that live but do not read.
  void set_user_timeout(Duration limit);
  [[nodiscard]] Address local_address() const;
  // The one connected to or given; stays known after the connection broke.
  [[nodiscard]] const Address& peer_address() const { return peer_; }
  // For system calls beyond this class (splice, getsockopt); -1 when closed. Never close it.
  [[nodiscard]] int fd() const { return watch_.fd(); }
  [[nodiscard]] Loop& loop() const { return watch_.loop(); }

 private:
  enum class State : unsigned char { closed, connecting, open };

  void on_ready(std::uint32_t events) noexcept override;
  void finish_connect();
  void answer_connect(Result<void> error);
  [[nodiscard]] Result<void> connect_error(int code) const;
  void read_ready(std::uint32_t events, const Lifetime::Watch& watch);
  // True if bytes were passed on.
  bool pass_ready(const Lifetime::Watch& watch);
  // Takes what `pipe` holds, which the kernel may not take all at once. Only when nothing is queued.
  void write_pipe(std::unique_ptr<SplicePipe> pipe);
  void write_ready(const Lifetime::Watch& watch);
  // Moves what waits in the pipe into the queue, for what only knows the queue.
  void unpipe();
  void send_fin();
  // errno of a broken send; the user hears of it in a later turn, after what can still be read.
  void fail_writing(int code);
  void drop_queue();
  void update_interest();
  void close_on_user(int code);
  [[nodiscard]] Error broken_by(int code) const;
  // Back to closed; the socket is the caller's.
  UniqueFd forget_socket();

  FdWatch watch_;
  StreamCallbacks& callbacks_;
  Lifetime lifetime_;                // of the socket: over when it is closed or given away
  std::unique_ptr<Timer> deadline_;  // only while connecting
  std::vector<std::byte> queue_;     // [sent_, size) is still to be sent; without memory when empty
  std::size_t sent_ = 0;
  std::unique_ptr<SplicePipe> pipe_;  // behind the queue: still to be sent; null when empty
  TcpStream* pass_to_ = nullptr;
  Address peer_;
  int error_ = 0;  // errno not told to the user yet
  State state_ = State::closed;
  bool reading_ = false;
  bool read_ended_ = false;  // FIN seen
  bool fin_asked_ = false;
  bool fin_sent_ = false;
  bool writing_held_ = false;
};

}  // namespace tamada::loop
