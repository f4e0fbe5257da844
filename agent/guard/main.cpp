// tamada-guard: PostgreSQL's parent. It outlives the agent, holds the deadline of the leader lock, and ends
// PostgreSQL when that passes; rules/guard_core.h says by which rules, docs/agent.md why. Started by
// tamada-agent:
//
//   tamada-guard DATA_DIRECTORY NODE STATE_DIRECTORY
//
// Absolute paths without symbolic links; the data directory need not be there yet. Two further forms are its
// own, for an upgrade in place: --resume FD and the same three (it was another version of itself before), and
// --check-state FD (does this version read the state? exit status 0, or an errno).
//
// One thread, static, no library but libc, its memory locked where that is allowed. Every signal is blocked:
// an agent ends PostgreSQL in an orderly way and the guard follows; SIGKILL to the guard ends PostgreSQL at
// once.
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "agent/guard/boot_clock.h"
#include "agent/guard/children.h"
#include "agent/guard/descriptors.h"
#include "agent/guard/guard.h"
#include "agent/guard/guard_files.h"
#include "agent/guard/protocol/file_names.h"
#include "agent/guard/rules/saved_state.h"

namespace {

using tamada::UniqueFd;
namespace guard = tamada::guard;

constexpr int usage_status = 2;
constexpr int first_inherited = 3;
constexpr std::size_t stack_wanted = std::size_t{64} * 1024;  // more than the guard ever uses

const char* const usage =
    "usage: tamada-guard DATA_DIRECTORY NODE STATE_DIRECTORY\n"
    "It is started by tamada-agent, and is PostgreSQL's parent.\n";

// Static, so that the guard needs no heap.
guard::GuardFiles files;
std::optional<guard::AgentLink> link_to_agent;

void print_error(const char* words) {
  static_cast<void>(!::write(STDERR_FILENO, words, std::strlen(words)));
}

// The pipe that whoever starts the guard waits at; -1: nobody does. Handed over as systemd hands over
// sockets.
int find_start_pipe() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* names = std::getenv("LISTEN_FDNAMES");
  if (pid == nullptr || names == nullptr) return -1;
  const bool is_ours =
      std::strtol(pid, nullptr, 10) == ::getpid() && std::strcmp(names, guard::start_report_name) == 0;
  return is_ours ? first_inherited : -1;
}

void tell_start(int pipe, guard::StartReport report, const char* words) {
  if (pipe < 0) return;
  std::array<char, 4096> text{};
  std::snprintf(text.data(), text.size(), "%c%s", static_cast<char>(report), words);
  static_cast<void>(!::write(pipe, text.data(), std::strlen(text.data())));
}

void open_standard_descriptors() {
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0; fd = ::open("/dev/null", O_RDWR)) {
    if (fd <= STDERR_FILENO) continue;
    ::close(fd);
    return;
  }
}

// What a page fault could wait for is in memory from here on. The stack is made as large as it gets before: a
// page that it grew by later would have to fit into the limit.
__attribute__((noinline)) int lock_memory() {
  std::array<char, stack_wanted> stack;
  stack.fill(0);
  __asm__ volatile("" : : "r"(stack.data()) : "memory");  // or the compiler leaves it out
  ::malloc_trim(0);                                       // what libc's own start has taken in advance
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_MEMLOCK, &limit);
  }
  return ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : errno;
}

guard::GuardAbilities abilities_of(const guard::DataProcesses& processes) {
  guard::GuardAbilities abilities;
  abilities.memory_lock_code = lock_memory();
  abilities.sees_processes = processes.can_see();
  const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  abilities.has_pidfd = self.is_open();
  return abilities;
}

void prepare_process() {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  // SIGCHLD ignored would mean that the kernel reaps, and nobody hears how a child ended.
  ::signal(SIGCHLD, SIG_DFL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "tamada-guard");  // after an upgrade it has a descriptor's number for a name
  static_cast<void>(!::chdir("/"));      // keeps no file system busy
}

std::optional<guard::SavedState> read_state(const char* number) {
  const int fd = static_cast<int>(std::strtol(number, nullptr, 10));
  std::array<std::byte, guard::longest_saved_state> buffer;
  const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (got < 0) return std::nullopt;
  return guard::decode_saved_state({buffer.data(), static_cast<std::size_t>(got)});
}

int check_state(const char* number) {
  return read_state(number) ? 0 : EPROTO;
}

int guard_on(const guard::GuardNames& names, const guard::GuardCore& core,
             const guard::DataProcesses& processes, const guard::SavedState* taken_over,
             const guard::GuardAbilities& abilities, int start_pipe) {
  static guard::Guard program(names, core, files.lock.get(), *link_to_agent, processes);
  if (!program.open()) {
    std::array<char, 256> words{};
    std::snprintf(words.data(), words.size(), "cannot wait for anything (epoll, timerfd, signalfd): %s",
                  std::strerror(errno));
    print_error(words.data());
    print_error("\n");
    tell_start(start_pipe, guard::StartReport::failed, words.data());
    files.remove_socket();
    return EXIT_FAILURE;
  }
  tell_start(start_pipe, guard::StartReport::ready, "");
  if (start_pipe >= 0) ::close(start_pipe);
  if (taken_over != nullptr) program.take_over(abilities, UniqueFd(taken_over->watchdog));
  program.run();
  files.remove_socket();
  return EXIT_SUCCESS;
}

int start(const guard::GuardNames& names) {
  const int start_pipe = find_start_pipe();
  guard::close_all_but({start_pipe});
  guard::set_close_on_exec(start_pipe, true);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  ::setsid();
  prepare_process();
  const auto opened = files.open(names.data_directory, names.node, names.state_directory);
  if (opened != guard::GuardFiles::Opened::done) {
    const bool in_use = opened == guard::GuardFiles::Opened::in_use;
    tell_start(start_pipe, in_use ? guard::StartReport::in_use : guard::StartReport::failed,
               files.words.data());
    print_error("tamada-guard: ");
    print_error(files.words.data());
    print_error("\n");
    return EXIT_FAILURE;
  }
  static const guard::DataProcesses processes(names.data_directory);
  link_to_agent.emplace(std::move(files.listener), UniqueFd());
  const guard::GuardAbilities abilities = abilities_of(processes);
  return guard_on(names, guard::GuardCore(guard::boot_now(), abilities), processes, nullptr, abilities,
                  start_pipe);
}

int resume(const guard::GuardNames& names, const char* number) {
  const auto state = read_state(number);
  if (!state) return EPROTO;
  std::array kept{state->lock, state->listener, state->agent, state->watchdog};
  std::sort(std::begin(kept), std::end(kept));
  guard::close_all_but({kept[0], kept[1], kept[2], kept[3]});
  for (const int fd : kept) guard::set_close_on_exec(fd, true);
  prepare_process();
  files.lock.reset(state->lock);
  files.name_socket(names.data_directory, names.node, names.state_directory);
  static const guard::DataProcesses processes(names.data_directory);
  link_to_agent.emplace(UniqueFd(state->listener), UniqueFd(state->agent));
  const guard::GuardAbilities abilities = abilities_of(processes);
  return guard_on(names, state->core, processes, &*state, abilities, -1);
}

}  // namespace

int main(int count, char** arguments) {
  open_standard_descriptors();
  const auto is_option = [&](const char* option, int wanted) {
    return count == wanted && std::strcmp(arguments[1], option) == 0;
  };
  if (is_option("--version", 2)) {
    std::printf("tamada-guard %s\n", TAMADA_VERSION);
    return EXIT_SUCCESS;
  }
  if (is_option("--check-state", 3)) return check_state(arguments[2]);
  if (is_option("--resume", 6)) return resume({arguments[3], arguments[4], arguments[5]}, arguments[2]);
  if (count == 4 && arguments[1][0] == '/' && arguments[3][0] == '/') {
    return start({arguments[1], arguments[2], arguments[3]});
  }
  print_error(usage);
  return usage_status;
}
