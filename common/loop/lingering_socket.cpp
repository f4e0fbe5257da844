#include "common/loop/lingering_socket.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace tamada::loop {

namespace {
constexpr Duration fin_wait = 2s;
constexpr std::size_t discard_at_once = std::size_t{1} << 20;
}  // namespace

void LingeringSocket::begin(Loop& loop, UniqueFd socket, std::vector<std::byte> queue, std::size_t sent,
                            bool read_ended, Duration deadline) {
  // NOLINTNEXTLINE: the constructor is private
  std::unique_ptr<LingeringSocket> one(
      new LingeringSocket(loop, std::move(socket), std::move(queue), sent, read_ended));
  LingeringSocket& self = *one;
  loop.own(std::move(one));
  self.deadline_.start(deadline);
  self.on_ready(0);
}

LingeringSocket::LingeringSocket(Loop& loop, UniqueFd socket, std::vector<std::byte> queue, std::size_t sent,
                                 bool read_ended)
    : loop_(loop),
      socket_(std::move(socket)),
      watch_(loop, *this),
      deadline_(loop, [this] { end(); }),
      fin_wait_(loop, [this] { end(); }),
      queue_(std::move(queue)),
      sent_(sent),
      read_ended_(read_ended) {
  watch_.open(socket_.get());
  loop_.count(HandleKind::lingering_socket, 1);
}

LingeringSocket::~LingeringSocket() {
  loop_.count(HandleKind::lingering_socket, -1);
}

void LingeringSocket::on_ready(std::uint32_t) noexcept {
  if (!send_on() || !read_on() || (fin_sent_ && read_ended_)) return end();
  if (!watch_.want(!read_ended_, !fin_sent_)) end();
}

bool LingeringSocket::send_on() {
  while (sent_ < queue_.size()) {
    const ssize_t n =
        ::send(socket_.get(), queue_.data() + sent_, queue_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    sent_ += static_cast<std::size_t>(n);
  }
  if (!fin_sent_) {
    fin_sent_ = true;
    queue_ = {};
    sent_ = 0;
    ::shutdown(socket_.get(), SHUT_WR);
    fin_wait_.start(fin_wait);
  }
  return true;
}

bool LingeringSocket::read_on() {
  // A few rounds: a peer that sends without end must not hold up the loop. MSG_TRUNC throws away without
  // copying.
  for (int round = 0; round < 4 && !read_ended_; ++round) {
    ssize_t n = ::recv(socket_.get(), nullptr, discard_at_once, MSG_TRUNC | MSG_DONTWAIT);
    if (n < 0 && errno == EFAULT) {
      // A UNIX-domain socket knows no throwing away. (The loop's buffer may be in use by whoever closes.)
      std::array<std::byte, 16384> copy;
      n = ::recv(socket_.get(), copy.data(), copy.size(), MSG_DONTWAIT);
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    if (n == 0) read_ended_ = true;
  }
  return true;
}

void LingeringSocket::end() {
  if (!watch_.is_open()) return;
  watch_.close();
  deadline_.stop();
  fin_wait_.stop();
  socket_.reset();
  loop_.disown(this);
}

}  // namespace tamada::loop
