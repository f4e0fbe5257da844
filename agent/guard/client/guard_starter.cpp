#include "agent/guard/client/guard_starter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "agent/guard/protocol/file_names.h"
#include "common/base/errno_text.h"
#include "common/process/spawn.h"

namespace tamada::guard {

namespace {

constexpr std::size_t longest_said = 16384;

GuardFailure not_started(std::string words) {
  return {GuardFailure::Kind::not_started, std::move(words)};
}

}  // namespace

GuardStarter::GuardStarter(loop::Loop& loop, const GuardPlace& place, Then then)
    : program_(place.command.front()), then_(std::move(then)), watch_(loop, *this) {
  std::array<int, 2> ends{-1, -1};
  const int code = ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0 ? 0 : errno;
  heard_.reset(ends[0]);
  const auto told = std::make_shared<UniqueFd>(ends[1]);
  SpawnOptions options;
  options.program = program_;
  options.arguments = place.command;
  options.arguments.insert(options.arguments.end(),
                           {place.data_directory, place.node, place.state_directory});
  options.environment = environment_now();
  options.descriptors = {{start_report_name, told->get()}};
  // The guard's end of the pipe is closed here as soon as the guard has it: its end tells that the guard has
  // ended.
  const auto job = [options, told, code](const std::stop_token&) -> Result<pid_t> {
    if (code != 0) return fail(ErrorKind::system, "pipe2: " + describe_errno(code));
    auto pid = spawn(options);
    told->reset();
    return pid;
  };
  task_ = std::make_unique<loop::BlockingTask>(
      loop, "start-guard", job,
      [this](const Result<pid_t>& pid) {
        if (!pid) return finish(not_started(pid.error().message));
        watch_.open(heard_.get());
        const auto watched = watch_.want(true, false);
        if (!watched) finish(not_started(watched.error().message));
      },
      Duration(0));
}

void GuardStarter::on_ready(std::uint32_t) noexcept {
  std::array<char, 4096> text{};
  const ssize_t got = ::read(heard_.get(), text.data(), text.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) said_.append(text.data(), static_cast<std::size_t>(got));
  if (said_.starts_with(static_cast<char>(StartReport::ready))) return finish(std::nullopt);
  if (got > 0 && said_.size() < longest_said) return;
  if (said_.empty()) return finish(not_started(fmt::format("{} has ended without a word", program_)));
  const bool in_use = said_.front() == static_cast<char>(StartReport::in_use);
  finish(
      GuardFailure{in_use ? GuardFailure::Kind::in_use : GuardFailure::Kind::not_started, said_.substr(1)});
}

void GuardStarter::finish(std::optional<GuardFailure> failure) {
  watch_.close();
  const Then then = std::move(then_);
  then(std::move(failure));
}

}  // namespace tamada::guard
