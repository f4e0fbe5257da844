#include "common/process/child_start.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "common/base/errno_text.h"

namespace tamada {

namespace {

// What the standard descriptors of the child are made of must not lie where they are put to.
UniqueFd moved_up(UniqueFd fd) {
  if (!fd.is_open() || fd.get() > report_descriptor) return fd;
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, report_descriptor + 1));
}

struct Pipe {
  UniqueFd ours;  // does not block
  UniqueFd childs;

  [[nodiscard]] bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    ours.reset(ends[0]);
    childs = moved_up(UniqueFd(ends[1]));
    return childs.is_open() && ::fcntl(ours.get(), F_SETFL, O_NONBLOCK) == 0;
  }
};

// A file in memory and no pipe: nobody has to write while the child reads, and nobody gets a SIGPIPE.
UniqueFd input_of(const std::string& bytes) {
  if (bytes.empty()) return moved_up(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  UniqueFd file = moved_up(UniqueFd(::memfd_create("standard-input", MFD_CLOEXEC)));
  std::size_t written = 0;
  while (file.is_open() && written < bytes.size()) {
    const ssize_t put = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return {};
    written += static_cast<std::size_t>(put);
  }
  if (file.is_open() && ::lseek(file.get(), 0, SEEK_SET) != 0) return {};
  return file;
}

bool has_a_nul(const ChildCommand& command) {
  const auto bad = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  return bad(command.program) || bad(command.directory) || std::ranges::any_of(command.arguments, bad) ||
         std::ranges::any_of(command.environment, bad);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// posix_spawn's attributes and actions, as values that clean up.
struct SpawnSettings {
  SpawnSettings() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  int set(const std::array<int, 4>& descriptors) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    for (std::size_t number = 0; number < descriptors.size(); ++number) {
      const int code =
          posix_spawn_file_actions_adddup2(&actions, descriptors[number], static_cast<int>(number));
      if (code != 0) return code;
    }
    return 0;
  }

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

std::string text_of(const std::optional<ChildUser>& user) {
  if (!user) return "";
  std::string text = fmt::format("{} {}", user->user, user->group);
  for (const gid_t group : user->groups) text += fmt::format(" {}", group);
  return text;
}

// As exec_report.h has them.
std::vector<std::string> helper_arguments(const ChildCommand& command) {
  std::vector<std::string> all = {"tamada-exec", text_of(command.user),
                                  command.open_files ? std::to_string(*command.open_files) : "",
                                  command.directory, command.program};
  if (command.arguments.empty()) all.push_back(command.program);
  all.insert(all.end(), command.arguments.begin(), command.arguments.end());
  return all;
}

StartFailure helper_failure(const ChildCommand& command, const char* call, int code) {
  return {StartStage::helper, code,
          fmt::format("cannot start {}: {}: {}", command.program, call, describe_errno(code))};
}

}  // namespace

tl::expected<StartedChild, StartFailure> start_child(const ExecHelper& helper, const ChildCommand& command) {
  const auto refuse = [&command](const char* call, int code) {
    return tl::make_unexpected(helper_failure(command, call, code));
  };
  if (has_a_nul(command)) return refuse("a NUL byte in its path, arguments or environment", EINVAL);
  Pipe output;
  Pipe error;
  Pipe report;
  if (!output.open() || !error.open() || !report.open()) return refuse("pipe2", errno);
  const UniqueFd input = input_of(command.input);
  if (!input.is_open()) return refuse("open its standard input", errno);

  std::vector<std::string> arguments = helper_arguments(command);
  std::vector<std::string> environment = command.environment;

  SpawnSettings settings;
  int code = settings.set({input.get(), output.childs.get(), error.childs.get(), report.childs.get()});
  pid_t pid = 0;
  if (code == 0) {
    code = posix_spawn(&pid, helper.program().c_str(), &settings.actions, &settings.attributes,
                       pointers(arguments).data(), pointers(environment).data());
  }
  if (code != 0) return refuse(("posix_spawn of " + helper.path()).c_str(), code);
  return StartedChild{pid, std::move(output.ours), std::move(error.ours), std::move(report.ours)};
}

StartFailure start_failure(const ChildCommand& command, const ExecReport& report) {
  switch (report.stage) {
    case StartStage::helper:
      break;
    case StartStage::descriptors:
      return {report.stage, report.code,
              fmt::format("cannot start {}: close_range: {}, and /proc/self/fd cannot be read",
                          command.program, describe_errno(report.code))};
    case StartStage::limit:
      return {report.stage, report.code,
              fmt::format("cannot start {}: setrlimit of {} open files: {}", command.program,
                          command.open_files.value_or(0), describe_errno(report.code))};
    case StartStage::user:
      return {report.stage, report.code,
              fmt::format(
                  "cannot start {}: become the user {}: {}{}", command.program, text_of(command.user),
                  describe_errno(report.code),
                  report.code == EPERM ? "; only root (CAP_SETUID and CAP_SETGID) may become another" : "")};
    case StartStage::directory:
      return {report.stage, report.code,
              fmt::format("cannot start {}: chdir {}: {}", command.program, command.directory,
                          describe_errno(report.code))};
    case StartStage::program:
      return {
          report.stage, report.code,
          fmt::format(
              "cannot start {}: execve: {}{}", command.program, describe_errno(report.code),
              report.code == ENOENT ? "; or the interpreter that its first line names is not there" : "")};
  }
  return helper_failure(command, "tamada-exec", report.code);
}

}  // namespace tamada
