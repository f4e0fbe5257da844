#include "common/log/line_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace tamada {

namespace {

// A pipe that poll() calls writable takes this much without blocking; more could block in write() for ever.
constexpr std::size_t chunk = PIPE_BUF;

}  // namespace

void LineSink::log(const spdlog::details::log_msg& message) {
  tell_lost();
  waiting_.append(message.payload.data(), message.payload.size());
  waiting_ += '\n';
  if (waiting_.size() >= chunk || pool_->queue_size() == 0) flush();
}

void LineSink::flush() {
  const std::string_view rest = write_lines(waiting_);
  add_lost(static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n')));
  waiting_.clear();
}

void LineSink::tell_lost() {
  const std::size_t lost_now = lost();
  const std::size_t overruns = pool_->overrun_counter();
  const std::size_t lines = lost_now - lost_told_ + overruns - overruns_told_;
  if (lines == 0) return;
  waiting_ += lost_line(lines);
  waiting_ += '\n';
  lost_told_ = lost_now;
  overruns_told_ = overruns;
}

std::string_view LineSink::write_to(int fd, std::string_view bytes) {
  while (!bytes.empty() && wait_until_writable(fd)) {
    const ssize_t written = ::write(fd, bytes.data(), std::min(bytes.size(), chunk));
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      break;
    }
  }
  return bytes;
}

// False: the time to give up has come, or the place is left, and the descriptor takes nothing.
bool LineSink::wait_until_writable(int fd) {
  for (;;) {
    const bool give_up = std::chrono::steady_clock::now() >= give_up_at_.load() || leaves_place();
    pollfd asked{fd, POLLOUT, 0};
    // An error of the descriptor counts as writable: write() then says which.
    const int ready = ::poll(&asked, 1, give_up ? 0 : 100);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
    if (give_up) return false;
  }
}

}  // namespace tamada
