#include "common/loop/tcp_stream.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "common/base/errno_text.h"
#include "common/loop/epoll_set.h"
#include "common/loop/lingering_socket.h"
#include "common/loop/socket_options.h"
#include "common/loop/splice_pipe.h"
#include "common/loop/timer.h"

namespace tamada::loop {

namespace {
// A stream that fills the buffer each time gives way to the others after so many reads.
constexpr int reads_per_turn = 4;
constexpr std::uint32_t broken = EPOLLHUP | EPOLLERR;
}  // namespace

TcpStream::TcpStream(Loop& loop, StreamCallbacks& callbacks) : watch_(loop, *this), callbacks_(callbacks) {}

TcpStream::~TcpStream() {
  close();
}

// --- opening

void TcpStream::connect(const Address& peer, Duration timeout) {
  assert(state_ == State::closed && peer.is_set());
  peer_ = peer;
  state_ = State::connecting;
  loop().count(HandleKind::tcp_stream, 1);
  deadline_ = std::make_unique<Timer>(loop(), [this, timeout] {
    if (error_ != 0) return answer_connect(connect_error(error_));
    answer_connect(fail(ErrorKind::timeout, fmt::format("connect to {}: no answer within {} ms",
                                                        peer_.to_string(), to_ms(timeout))));
  });
  UniqueFd socket(::socket(peer.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket.is_open()) {
    error_ = errno;
  } else if (::connect(socket.get(), peer.data(), peer.size()) != 0 && errno != EINPROGRESS) {
    error_ = errno;
  } else {
    watch_.open(socket.release());
    if (!watch_.want(false, true)) error_ = ENOMEM;
  }
  // What failed at once is told in the next turn, like everything else.
  deadline_->start(error_ != 0 ? Duration{} : timeout);
}

void TcpStream::finish_connect() {
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code == 0 && is_connected_to_itself(fd(), peer_)) code = ECONNREFUSED;  // so nobody listens
  if (code != 0) return answer_connect(connect_error(code));
  deadline_.reset();
  state_ = State::open;
  const Lifetime::Watch watch(lifetime_);
  callbacks_.on_connected({});
  if (!watch.is_over()) update_interest();
}

void TcpStream::answer_connect(Result<void> error) {
  forget_socket();
  callbacks_.on_connected(std::move(error));
}

Result<void> TcpStream::connect_error(int code) const {
  return fail(kind_of_errno(code), fmt::format("connect to {}: {}", peer_.to_string(), describe_errno(code)));
}

void TcpStream::adopt(UniqueFd socket, const Address& peer) {
  assert(state_ == State::closed && socket.is_open());
  peer_ = peer.is_set() ? peer : socket_peer(socket.get());
  state_ = State::open;
  loop().count(HandleKind::tcp_stream, 1);
  watch_.open(socket.release());
}

UniqueFd TcpStream::release() {
  assert(state_ == State::open && queued() == 0);
  return forget_socket();
}

// --- reading

void TcpStream::read_start() {
  assert(state_ == State::open);
  reading_ = true;
  update_interest();
}

void TcpStream::read_stop() {
  reading_ = false;
  if (state_ == State::open) update_interest();
}

void TcpStream::on_ready(std::uint32_t events) noexcept {
  if (state_ == State::connecting) return finish_connect();
  const Lifetime::Watch watch(lifetime_);
  const bool wants_bytes = reading_ && !read_ended_;
  if (wants_bytes && ((events & ~EPOLLOUT) != 0 || error_ != 0)) {
    read_ready(events, watch);
    if (watch.is_over()) return;
  } else if (error_ != 0) {
    return close_on_user(error_);
  } else if ((events & broken) != 0 && !wants_bytes) {
    if (read_ended_ && ((events & EPOLLERR) != 0 || !fin_sent_)) return close_on_user(socket_error(fd()));
    // Both sides have ended, or the peer has broken off while nobody reads: its last bytes are still in the
    // kernel for read_start() to find, and writing will fail. Until then there is nothing to hear.
    if (queued() == 0) return watch_.mute();
  }
  if (queued() != 0 && !writing_held_ && (events & (EPOLLOUT | broken)) != 0) write_ready(watch);
}

void TcpStream::read_ready(std::uint32_t events, const Lifetime::Watch& watch) {
  if (pass_to_ != nullptr && error_ == 0 && pass_ready(watch)) return;
  const std::span<std::byte> buffer = loop().read_buffer();
  // After these there is more to learn than the bytes: go on until the kernel says end or error.
  const bool is_ending = (events & (broken | EPOLLRDHUP)) != 0 || error_ != 0;
  for (int round = 0; round < reads_per_turn; ++round) {
    if (round > 0 && loop().epoll_set().is_past_limit()) break;
    const ssize_t n = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      if (error_ != 0) close_on_user(error_);
      return;
    }
    if (n < 0) return close_on_user(error_ != 0 ? error_ : errno);
    if (n == 0) {
      // A failed send has eaten the kernel's error, what remains looks like an orderly end and is none.
      if (error_ != 0) return close_on_user(error_);
      read_ended_ = true;
      update_interest();
      return callbacks_.on_end();
    }
    callbacks_.on_bytes(buffer.first(static_cast<std::size_t>(n)));
    if (watch.is_over() || !reading_) return;
    if (static_cast<std::size_t>(n) < buffer.size() && !is_ending) return;
  }
  if (error_ != 0) watch_.wake();
}

void TcpStream::pass_to(TcpStream* to) {
  pass_to_ = to;
  if (to == nullptr) return;
  // An adopted socket may still block: recv() and send() say for each call that they must not, splice()
  // cannot.
  make_nonblocking(fd());
  make_nonblocking(to->fd());
}

bool TcpStream::pass_ready(const Lifetime::Watch& watch) {
  if (pass_to_->state_ != State::open || pass_to_->queued() != 0 || pass_to_->error_ != 0) return false;
  if (pass_to_->writing_held_) return false;
  std::unique_ptr<SplicePipe> pipe = loop().pipes().take();
  if (pipe == nullptr) return false;
  // Nothing there, the end, an error: recv() will find it again.
  const ssize_t n = pipe->fill_from(fd());
  if (n <= 0) {
    loop().pipes().give_back(std::move(pipe));
    return false;
  }
  pass_to_->write_pipe(std::move(pipe));
  if (!watch.is_over()) callbacks_.on_passed(static_cast<std::size_t>(n));
  return true;
}

// --- writing

std::size_t TcpStream::queued() const {
  return queue_.size() - sent_ + (pipe_ == nullptr ? 0 : pipe_->size());
}

void TcpStream::write_pipe(std::unique_ptr<SplicePipe> pipe) {
  assert(state_ == State::open && !fin_asked_ && queued() == 0);
  pipe_ = std::move(pipe);
  if (pipe_->empty_into(fd()) < 0 && errno != EAGAIN) return fail_writing(errno);
  if (pipe_->size() == 0) return loop().pipes().give_back(std::move(pipe_));
  update_interest();
}

void TcpStream::unpipe() {
  if (pipe_ == nullptr) return;
  pipe_->read_into(queue_);
  loop().pipes().give_back(std::move(pipe_));
}

Result<std::size_t> TcpStream::try_write(std::span<const std::byte> bytes) {
  assert(state_ == State::open && !fin_asked_ && queued() == 0);
  if (error_ != 0) return tl::make_unexpected(broken_by(error_));
  for (;;) {
    const ssize_t n = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN) return std::size_t{0};
    if (errno == EINTR) continue;
    const int code = errno;
    fail_writing(code);
    return tl::make_unexpected(broken_by(code));
  }
}

void TcpStream::write(std::span<const std::byte> bytes) {
  assert(state_ == State::open && !fin_asked_);
  if (error_ != 0 || bytes.empty()) return;
  if (queued() == 0 && !writing_held_) {
    const Result<std::size_t> taken = try_write(bytes);
    if (!taken || *taken == bytes.size()) return;
    bytes = bytes.subspan(*taken);
  }
  unpipe();
  if (sent_ > queue_.size() / 2) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  queue_.insert(queue_.end(), bytes.begin(), bytes.end());
  update_interest();
}

void TcpStream::write_ready(const Lifetime::Watch& watch) {
  while (sent_ != queue_.size()) {
    const ssize_t n = ::send(fd(), queue_.data() + sent_, queue_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) return fail_writing(errno);
    sent_ += static_cast<std::size_t>(n);
  }
  if (pipe_ != nullptr) {
    if (pipe_->empty_into(fd()) < 0 && errno != EAGAIN) return fail_writing(errno);
    if (pipe_->size() != 0) return;
  }
  drop_queue();
  if (fin_asked_) send_fin();
  callbacks_.on_drained();
  if (!watch.is_over()) update_interest();
}

void TcpStream::hold_writing(bool hold) {
  if (state_ != State::open || writing_held_ == hold) return;
  writing_held_ = hold;
  update_interest();
}

void TcpStream::shutdown() {
  assert(state_ == State::open);
  if (fin_asked_) return;
  fin_asked_ = true;
  if (queued() == 0 && error_ == 0) send_fin();
}

void TcpStream::send_fin() {
  fin_sent_ = true;
  ::shutdown(fd(), SHUT_WR);
}

void TcpStream::fail_writing(int code) {
  error_ = code;
  drop_queue();
  update_interest();
  watch_.wake();
}

void TcpStream::drop_queue() {
  queue_ = {};  // with its memory
  sent_ = 0;
  loop().pipes().give_back(std::move(pipe_));
}

void TcpStream::update_interest() {
  const bool writing = queued() != 0 && !writing_held_;
  if (watch_.want(reading_ && !read_ended_, writing) || error_ != 0) return;
  error_ = ENOMEM;  // a socket that cannot be watched is a broken one
  watch_.wake();
}

// --- closing

void TcpStream::finish(Duration deadline) {
  if (state_ != State::open || error_ != 0 || writing_held_) return close();
  unpipe();
  const bool read_ended = read_ended_;
  const std::size_t sent = sent_;
  std::vector<std::byte> queue = std::move(queue_);
  UniqueFd socket = forget_socket();
  LingeringSocket::begin(loop(), std::move(socket), std::move(queue), sent, read_ended, deadline);
}

void TcpStream::reset() {
  if (state_ == State::closed) return;
  const UniqueFd socket = forget_socket();
  if (socket.is_open()) make_close_reset(socket.get());
}

void TcpStream::close() {
  if (state_ != State::closed) forget_socket();
}

void TcpStream::close_on_user(int code) {
  const Error why = broken_by(code);
  forget_socket();
  callbacks_.on_closed(why);
}

Error TcpStream::broken_by(int code) const {
  return {kind_of_errno(code),
          fmt::format("connection with {}: {}", peer_.to_string(), describe_errno(code))};
}

UniqueFd TcpStream::forget_socket() {
  lifetime_.end();
  UniqueFd socket(watch_.fd());
  watch_.close();
  deadline_.reset();
  drop_queue();
  error_ = 0;
  state_ = State::closed;
  pass_to_ = nullptr;
  reading_ = read_ended_ = fin_asked_ = fin_sent_ = writing_held_ = false;
  loop().count(HandleKind::tcp_stream, -1);
  return socket;
}

// --- the socket

void TcpStream::set_nodelay(bool on) {
  if (is_open()) set_socket_option(fd(), IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

void TcpStream::set_keepalive(Duration idle, Duration interval, int count) {
  if (is_open()) set_socket_keepalive(fd(), idle, interval, count);
}

void TcpStream::set_user_timeout(Duration limit) {
  if (is_open()) set_socket_option(fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(to_ms(limit)));
}

Address TcpStream::local_address() const {
  return socket_address(fd());
}

}  // namespace tamada::loop
