#include "router/shell/log_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "router/shell/log_line.h"

namespace tamada::router {

namespace {

// A pipe that poll() calls writable takes this much without blocking; more could block in write() for ever.
constexpr std::size_t chunk = PIPE_BUF;

}  // namespace

LogSink::LogSink(int fd, LogFormat format) : fd_(fd), format_(format) {}

void LogSink::log(const spdlog::details::log_msg& message) {
  report_dropped();
  waiting_.append(message.payload.data(), message.payload.size());
  waiting_ += '\n';
  if (waiting_.size() >= chunk || pool_->queue_size() == 0) flush();
}

void LogSink::flush() {
  std::string_view rest = waiting_;
  while (!rest.empty() && wait_until_writable()) {
    const ssize_t written = ::write(fd_, rest.data(), std::min(rest.size(), chunk));
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      break;
    }
  }
  lost_ += static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n'));
  waiting_.clear();
}

void LogSink::report_dropped() {
  const std::size_t overruns = pool_->overrun_counter();
  const std::size_t lines = lost_ - lost_told_ + overruns - overruns_told_;
  if (lines == 0) return;
  waiting_ +=
      log_line(format(), std::chrono::system_clock::now(), LogLevel::warn, "log.dropped",
               {{"lines", std::uint64_t{lines}}, {"why", "standard output did not take them in time"}});
  waiting_ += '\n';
  lost_told_ = lost_;
  overruns_told_ = overruns;
}

// False: the time to give up has come and the descriptor takes nothing.
bool LogSink::wait_until_writable() const {
  for (;;) {
    const bool give_up = std::chrono::steady_clock::now() >= give_up_at_.load();
    pollfd asked{fd_, POLLOUT, 0};
    // An error of the descriptor counts as writable: write() then says which.
    const int ready = ::poll(&asked, 1, give_up ? 0 : 100);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
    if (give_up) return false;
  }
}

}  // namespace tamada::router
