// GuardClient's requests, as messages.
#include <utility>

#include "agent/guard/client/guard_client.h"

namespace tamada::guard {

namespace {

Request request_of(RequestKind kind, const LockEpoch& epoch = {}, TimePoint until = {}) {
  Request request;
  request.kind = kind;
  request.epoch = epoch;
  request.until = until;
  return request;
}

// The texts one after another, each with its NUL byte.
std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all += text;
    all += '\0';
  }
  return all;
}

TextList list_of(const std::vector<std::string>& texts, const std::string& bytes) {
  return {static_cast<std::uint32_t>(texts.size()), bytes};
}

}  // namespace

void GuardClient::arm(const LockEpoch& epoch, TimePoint lease_end, Then then) {
  ask(request_of(RequestKind::arm, epoch, lease_end), UniqueFd(), std::move(then));
}

void GuardClient::renew(const LockEpoch& epoch, TimePoint lease_end, Then then) {
  ask(request_of(RequestKind::renew, epoch, lease_end), UniqueFd(), std::move(then));
}

void GuardClient::disarm(const LockEpoch& epoch, DisarmReason reason, Then then) {
  Request request = request_of(RequestKind::disarm, epoch);
  request.reason = reason;
  ask(request, UniqueFd(), std::move(then));
}

void GuardClient::start(GuardLaunch launch, const std::optional<LockEpoch>& needs_lock, Then then) {
  Request request = request_of(RequestKind::start, needs_lock.value_or(LockEpoch{}));
  request.needs_lock = needs_lock.has_value();
  const std::string arguments = joined(launch.arguments);
  const std::string environment = joined(launch.environment);
  request.launch.kind = launch.kind;
  request.launch.program = launch.program;
  request.launch.arguments = list_of(launch.arguments, arguments);
  request.launch.environment = list_of(launch.environment, environment);
  request.launch.directory = launch.directory;
  request.launch.output_file = launch.output_file;
  request.launch.open_files = launch.open_files;
  if (launch.output.is_open()) {
    request.launch.output = LaunchOutput::passed;
  } else if (!launch.output_file.empty()) {
    request.launch.output = LaunchOutput::file;
  }
  ask(request, std::move(launch.output), std::move(then));
}

void GuardClient::signal(pid_t pid, int number, Then then) {
  Request request = request_of(RequestKind::signal);
  request.pid = pid;
  request.signal = number;
  ask(request, UniqueFd(), std::move(then));
}

void GuardClient::sweep(Then then) {
  ask(request_of(RequestKind::sweep), UniqueFd(), std::move(then));
}

void GuardClient::adopt(const ProcessIdentity& postmaster, Then then) {
  Request request = request_of(RequestKind::adopt);
  request.pid = postmaster.pid;
  request.start_time = postmaster.start_time;
  ask(request, UniqueFd(), std::move(then));
}

void GuardClient::promote(const LockEpoch& epoch, TimePoint lease_end, bool unarmed, Then then) {
  Request request = request_of(RequestKind::promote, epoch, lease_end);
  request.unarmed = unarmed;
  ask(request, UniqueFd(), std::move(then));
}

void GuardClient::call_off_promotion(Then then) {
  ask(request_of(RequestKind::call_off), UniqueFd(), std::move(then));
}

void GuardClient::upgrade(const std::string& program, Then then) {
  Request request = request_of(RequestKind::upgrade);
  request.path = program;
  ask(request, UniqueFd(), std::move(then));
}

void GuardClient::use_watchdog(const std::string& device, std::chrono::seconds timeout, Then then) {
  Request request = request_of(RequestKind::watchdog);
  request.path = device;
  request.timeout = static_cast<std::uint32_t>(timeout.count());
  ask(request, UniqueFd(), std::move(then));
}

}  // namespace tamada::guard
