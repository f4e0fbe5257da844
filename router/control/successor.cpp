#include "router/control/successor.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "common/base/errno_text.h"

namespace tamada::router {

namespace {

UniqueFd open_process(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

std::string program_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* const variable = std::getenv("PATH");
  std::string_view folders(variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable);
  while (!folders.empty()) {
    const auto end = std::min(folders.find(':'), folders.size());
    const std::string path = std::string(folders.substr(0, end)) + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return "/proc/self/exe";
}

Result<std::unique_ptr<Successor>> Successor::start(loop::Loop& loop, const std::vector<std::string>& command,
                                                    std::vector<std::pair<std::string, int>> sockets,
                                                    Events events) {
  auto ends = HandOverChannel::make();
  if (!ends) return tl::make_unexpected(ends.error());
  SpawnOptions options;
  options.program = program_path(command.at(0));
  options.arguments = command;
  options.environment = environment_now();
  options.descriptors = std::move(sockets);
  options.descriptors.emplace_back(HandOverChannel::inherited_name, ends->other.get());
  const auto pid = spawn(options);
  if (!pid) return tl::make_unexpected(pid.error());
  return std::unique_ptr<Successor>(new Successor(loop, *pid, std::move(ends->own), std::move(events)));
}

Successor::Successor(loop::Loop& loop, pid_t pid, UniqueFd end, Events events)
    : pid_(pid),
      process_(open_process(pid)),
      events_(std::move(events)),
      channel_(
          loop, std::move(end),
          [this](HandOverWord word, const std::string& detail) { on_word(word, detail); },
          [this] { fail_with("it ended before it was ready; its own words stand in the same log"); }),
      patience_(loop, [this] {
        fail_with(fmt::format("it was not ready within {} s, and is killed", to_ms(limit) / 1000));
      }) {
  patience_.start(limit);
}

Successor::~Successor() {
  if (serving_) return;
  if (process_.is_open()) {
    static_cast<void>(::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0));
  } else {
    ::kill(pid_, SIGKILL);
  }
}

void Successor::on_word(HandOverWord word, const std::string& detail) {
  switch (word) {
    case HandOverWord::prepared:
    case HandOverWord::leaderless: {
      const auto prepared = events_.prepared;
      return prepared(word == HandOverWord::prepared);
    }
    case HandOverWord::serving: {
      serving_ = true;
      patience_.stop();
      const auto serving = events_.serving;
      return serving();
    }
    case HandOverWord::failed:
      return fail_with(detail);
    case HandOverWord::go:
    case HandOverWord::adopted:
      return;  // ours
  }
}

void Successor::fail_with(const std::string& why) {
  if (serving_) return;
  const auto failed = events_.failed;
  failed(why);
}

}  // namespace tamada::router
