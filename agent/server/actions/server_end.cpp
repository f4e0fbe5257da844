#include "agent/server/actions/server_end.h"

#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "agent/server/actions/action_tools.h"
#include "common/base/errno_text.h"

namespace tamada::agent {

namespace {

using guard::EndKind;
using guard::GuardStatus;

constexpr Duration quit_patience = 5s;
constexpr Duration after_all_limit = 30s;
constexpr Duration for_ever = std::chrono::hours(24);

bool is_settled(const Result<GuardStatus>& waited) {
  return waited || waited.error().kind != ErrorKind::timeout;
}

Result<void> without_value(Result<GuardStatus> waited) {
  if (!waited) return tl::make_unexpected(std::move(waited.error()));
  return {};
}

Result<void> end_within(const ActionWork& work, Duration limit, const std::stop_token& stop) {
  if (const pid_t postmaster = postmaster_of(work); postmaster != 0) {
    const auto asked = work.guard.signal(postmaster, SIGQUIT, stop);
    if (!asked) return tl::make_unexpected(asked.error());
  }
  auto ended = work.guard.wait_until(has_ended, quit_patience, stop);
  if (is_settled(ended)) return without_value(std::move(ended));
  const auto swept = work.guard.sweep(stop);
  if (!swept) return tl::make_unexpected(swept.error());
  return without_value(work.guard.wait_until(has_ended, limit, stop));
}

}  // namespace

bool has_ended(const GuardStatus& status) {
  return status.process.kind == guard::ProcessKind::none && !status.is_sweeping && status.left == 0;
}

Result<void> end_server(const ActionWork& work, const std::stop_token& stop) {
  return end_within(work, for_ever, stop);
}

void end_server_after_all(const ActionWork& work) {
  const auto ended = end_within(work, after_all_limit, {});
  if (!ended) work.tell("the server could not be ended: " + ended.error().message, true);
}

std::string words_of(const guard::ProcessEnd& end) {
  switch (end.kind) {
    case EndKind::exited:
      return fmt::format("ended with status {}", end.value);
    case EndKind::signalled:
      return fmt::format("was ended by signal {}", end.value);
    case EndKind::not_started:
      return "did not start: " + describe_errno(end.value);
    case EndKind::none:
    case EndKind::unknown:
      break;
  }
  return "ended in a way that is not known";
}

}  // namespace tamada::agent
