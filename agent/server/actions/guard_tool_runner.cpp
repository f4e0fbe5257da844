#include "agent/server/actions/guard_tool_runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>

#include "agent/server/actions/guard_start.h"
#include "common/base/errno_text.h"
#include "common/loop/clock.h"
#include "common/process/last_lines.h"
#include "common/process/line_splitter.h"

namespace tamada::agent {

namespace {

using guard::EndKind;
using guard::GuardStatus;
using guard::ProcessEnd;

constexpr std::size_t longest_line = 8192;
// How often the program's end, a stop and the deadline are looked for where it writes nothing.
constexpr int look_every_ms = 20;

// The program's output: lines as they come, and the last of them.
class Output {
 public:
  Output(UniqueFd pipe, const ToolRun& run) : pipe_(std::move(pipe)), run_(run) {}

  // Waits a moment for more; false: it has ended.
  bool wait() {
    if (!pipe_.is_open()) {
      ::poll(nullptr, 0, look_every_ms);
      return false;
    }
    pollfd watched{pipe_.get(), POLLIN, 0};
    if (::poll(&watched, 1, look_every_ms) > 0) read_all();
    return pipe_.is_open();
  }
  // All that is there now.
  void read_all() {
    std::array<char, 16384> buffer;
    while (pipe_.is_open()) {
      const ssize_t size = ::read(pipe_.get(), buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) return pipe_.reset();
      std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
      while (splitter_.take(bytes)) add(splitter_.line());
    }
  }
  std::string finish() {
    if (splitter_.finish()) add(splitter_.line());
    return lines_.text();
  }

 private:
  void add(std::string_view line) {
    lines_.add(line);
    if (run_.on_line) run_.on_line(line);
  }

  UniqueFd pipe_;
  const ToolRun& run_;
  LineSplitter splitter_{longest_line};
  LastLines lines_{ToolRunner::most_output};
};

ToolEnd not_started(const ToolRun& run, int code, const std::string& why) {
  ToolEnd end;
  end.end.kind = ChildEnd::Kind::not_started;
  end.end.failure =
      StartFailure{StartStage::program, code, fmt::format("cannot start {}: {}", run.call.program, why)};
  return end;
}

ToolEnd ended_somehow(ChildEnd::Kind kind) {
  ToolEnd end;
  end.end.kind = kind;
  return end;
}

// `reason`: why it was ended on purpose; none: it was not.
ToolEnd end_of(const ToolRun& run, const ProcessEnd& end, std::optional<ChildEnd::Kind> reason) {
  if (end.kind == EndKind::not_started) return not_started(run, end.value, describe_errno(end.value));
  if (end.kind != EndKind::exited && end.kind != EndKind::signalled)
    return ended_somehow(ChildEnd::Kind::unknown);
  ToolEnd result;
  const bool is_exit = end.kind == EndKind::exited;
  (is_exit ? result.end.status : result.end.signal) = end.value;
  result.end.kind = reason.value_or(is_exit ? ChildEnd::Kind::exited : ChildEnd::Kind::signalled);
  return result;
}

// Ends the program on purpose: when, why, and how hard.
class Ending {
 public:
  Ending(GuardHands::Shared& guard, pid_t pid, std::optional<Duration> limit)
      : guard_(guard), pid_(pid), deadline_(limit ? loop::boot_now() + *limit : TimePoint::max()) {}

  void look(const std::stop_token& stop) {
    const TimePoint now = loop::boot_now();
    if (!reason_ && stop.stop_requested()) return end(ChildEnd::Kind::cancelled, now);
    if (!reason_ && now >= deadline_) return end(ChildEnd::Kind::deadline, now);
    if (!reason_ || now < next_) return;
    send(SIGKILL);
    next_ = now + 1s;
  }
  [[nodiscard]] std::optional<ChildEnd::Kind> reason() const { return reason_; }

 private:
  void end(ChildEnd::Kind kind, TimePoint now) {
    reason_ = kind;
    next_ = now + GuardToolRunner::grace;
    send(SIGTERM);
    send(SIGCONT);
  }
  // A guard that does not take it has lost the program, which is seen by its state.
  void send(int number) { static_cast<void>(guard_.signal(pid_, number, {})); }

  GuardHands::Shared& guard_;
  const pid_t pid_;
  const TimePoint deadline_;
  std::optional<ChildEnd::Kind> reason_;
  TimePoint next_{};
};

}  // namespace

ToolEnd GuardToolRunner::run(const ToolRun& run, const std::stop_token& stop) {
  if (!run.input.empty()) return not_started(run, EINVAL, "the guard gives it no standard input");
  UniqueFd reading;
  const auto make = [&]() -> Result<guard::GuardLaunch> {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      return fail(ErrorKind::system, "pipe2: " + describe_errno(errno));
    reading.reset(ends[0]);
    guard::GuardLaunch launch = guard_launch(guard::ProcessKind::tool, run.call);
    launch.output.reset(ends[1]);
    // The program's end blocks, as programs expect it.
    ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
    return launch;
  };
  const auto pid = start_in_guard(guard_, make, std::nullopt, stop);
  if (!pid && pid.error().kind == ErrorKind::closed) {
    return ended_somehow(stop.stop_requested() ? ChildEnd::Kind::cancelled : ChildEnd::Kind::unknown);
  }
  // It may have been started all the same: the guard did not answer in time, or was lost meanwhile.
  if (!pid && (pid.error().kind == ErrorKind::timeout || pid.error().kind == ErrorKind::unavailable)) {
    return ended_somehow(ChildEnd::Kind::unknown);
  }
  if (!pid) return not_started(run, EBUSY, pid.error().message);

  Output output(std::move(reading), run);
  Ending ending(guard_, *pid, run.deadline);
  const auto is_over = [pid = *pid](const GuardStatus& status) {
    return status.process.kind == guard::ProcessKind::none || status.process.pid != pid;
  };
  Result<GuardStatus> status = fail(ErrorKind::timeout, "");
  while (!status && status.error().kind == ErrorKind::timeout) {
    output.wait();
    ending.look(stop);
    status = guard_.wait_until(is_over, 0ms, {});
  }
  output.read_all();
  const bool is_known = status && status->last_end.process.pid == *pid;
  ToolEnd result =
      is_known ? end_of(run, status->last_end, ending.reason()) : ended_somehow(ChildEnd::Kind::unknown);
  result.output = output.finish();
  result.error = result.output;
  return result;
}

}  // namespace tamada::agent
