// The first process of a container, in a PID namespace of its own; where this user may make one.
#include "common/process/first_process.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <utility>

#include "common/base/unique_fd.h"
#include "common/loop/signal_mask.h"

using namespace tamada;

namespace {

constexpr int not_permitted = 99;
constexpr int patience_ms = 60'000;

// A program that finds itself the first process. What both say is read here, line by line.
class Container {
 public:
  using Say = std::function<void(const std::string& words)>;

  explicit Container(const std::function<int(const Say&)>& program) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    heard_.reset(ends[0]);
    const UniqueFd told(ends[1]);
    outside_ = ::fork();
    REQUIRE(outside_ >= 0);
    if (outside_ == 0) begin(told.get(), program);
  }
  ~Container() {
    if (first_ > 0) ::kill(first_, SIGKILL);
    if (outside_ > 0) ::waitpid(outside_, nullptr, 0);
  }
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  // The next line; empty: there is none any more.
  std::string line() {
    std::string words;
    for (;;) {
      pollfd ready{heard_.get(), POLLIN, 0};
      REQUIRE(::poll(&ready, 1, patience_ms) == 1);
      char letter = 0;
      if (::read(heard_.get(), &letter, 1) != 1 || letter == '\n') return words;
      words += letter;
    }
  }
  // False: namespaces are forbidden here.
  bool has_begun() {
    const std::string words = line();
    if (words.empty()) {
      WARN("this user may make no PID namespace");
      return false;
    }
    first_ = std::stoi(words);
    return true;
  }
  void send(int signal) const { REQUIRE(::kill(first_, signal) == 0); }
  int status() {
    int status = 0;
    REQUIRE(::waitpid(std::exchange(outside_, 0), &status, 0) > 0);
    first_ = 0;
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
  }

 private:
  [[noreturn]] static void begin(int told, const std::function<int(const Say&)>& program) {
    const Say say = [told](const std::string& words) {
      static_cast<void>(!::write(told, (words + "\n").data(), words.size() + 1));
    };
    loop::block_signals();
    const int spaces = ::getuid() == 0 ? CLONE_NEWPID : CLONE_NEWPID | CLONE_NEWUSER;
    if (::unshare(spaces) != 0) ::_exit(not_permitted);
    const pid_t first = ::fork();
    if (first == 0) {
      pause_until_told();
      if (!leave_first_process(say)) ::_exit(not_permitted);
      ::_exit(program(say));
    }
    if (first < 0) ::_exit(not_permitted);
    say(std::to_string(first));
    ::kill(first, SIGUSR1);
    int status = 0;
    ::waitpid(first, &status, 0);
    ::_exit(WEXITSTATUS(status));
  }
  // Its number, as it is seen from outside, is told before anything else.
  static void pause_until_told() {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGUSR1);
    ::sigwaitinfo(&awaited, nullptr);
  }

  UniqueFd heard_;
  pid_t outside_ = 0;
  pid_t first_ = 0;  // as it is seen from outside
};

int next_signal() {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGCHLD);
  return ::sigwaitinfo(&all, nullptr);
}

// A child whose own child is left behind, and ends with `status` then. True: the child's end was told here.
bool leave_orphan(int status) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() > 0) ::_exit(3);
    while (::getppid() != 1) ::usleep(1000);
    ::_exit(status);
  }
  int ended = 0;
  return ::waitpid(child, &ended, 0) == child && WEXITSTATUS(ended) == 3;
}

}  // namespace

TEST_CASE("the first process reaps orphans, hands signals on, and ends as the program does",
          "[first_process]") {
  Container container([](const Container::Say& say) {
    say(leave_orphan(7) ? "waited for its own" : "its child was taken away");
    if (next_signal() == SIGHUP) say("hangup");
    return next_signal() == SIGTERM ? 5 : 6;
  });
  if (!container.has_begun()) return;
  // The orphan's end may be told before or after.
  std::string both = container.line();
  both += "; " + container.line();
  INFO(both);
  CHECK(both.find("waited for its own") != std::string::npos);
  CHECK(both.find("Reaped pid=") != std::string::npos);
  CHECK(both.find("exit status=7") != std::string::npos);
  container.send(SIGHUP);
  CHECK(container.line() == "hangup");
  container.send(SIGTERM);
  CHECK(container.status() == 5);
  CHECK(container.line().empty());
}

TEST_CASE("the first process tells by which signal the program was ended", "[first_process]") {
  Container container([](const Container::Say&) {
    ::raise(SIGKILL);
    return 0;
  });
  if (!container.has_begun()) return;
  CHECK(container.line().find("was ended by signal 9") != std::string::npos);
  CHECK(container.status() == 128 + SIGKILL);
}

TEST_CASE("any other process goes on as itself", "[first_process]") {
  const pid_t before = ::getpid();
  REQUIRE(leave_first_process([](const std::string&) {}));
  CHECK(::getpid() == before);
}
