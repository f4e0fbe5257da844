// ChildFixture: a loop, the helper beside the test program, and children whose lines and end are kept.
#pragma once

#include <catch2/catch.hpp>
#include <sys/wait.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "common/process/child_process.h"
#include "common/process/process_watch.h"
#include "tests/support/loop_fixture.h"

namespace tamada {

// What was told of a child. `on_line` and `on_end` are called last, and may destroy the child.
class KeptChild final : public ChildCallbacks {
 public:
  KeptChild() = default;
  ~KeptChild() { CHECK_FALSE(is_late); }
  KeptChild(const KeptChild&) = delete;
  KeptChild& operator=(const KeptChild&) = delete;

  void on_child_line(ChildOutput from, std::string_view line, bool is_cut) override {
    is_late = is_late || end.has_value();
    (from == ChildOutput::standard_output ? out : error).emplace_back(line);
    cut += is_cut ? 1 : 0;
    if (on_line) on_line();
  }
  void on_child_end(const ChildEnd& given) override {
    is_late = is_late || end.has_value();
    end = given;
    if (on_end) on_end();
  }

  std::unique_ptr<ChildProcess> process;
  std::vector<std::string> out;
  std::vector<std::string> error;
  int cut = 0;
  std::optional<ChildEnd> end;
  bool is_late = false;  // something came after the end. No CHECK: callbacks may run on several threads
  std::function<void()> on_line;
  std::function<void()> on_end;
};

// The identity that a line tells.
inline ProcessIdentity told_by(const KeptChild& child) {
  for (const std::string& line : child.out) {
    ProcessIdentity identity;
    if (std::istringstream(line) >> identity.pid >> identity.start_time) return identity;
  }
  FAIL("no line tells an identity");
  return {};
}

inline bool is_running(const ProcessIdentity& process) {
  const auto found = identify_process(process.pid);
  REQUIRE(found.has_value());
  return *found == process;
}

class ChildFixture : public loop::LoopFixture {
 public:
  ChildFixture() {
    auto found = ExecHelper::find();
    REQUIRE(found.has_value());
    helper = std::make_unique<ExecHelper>(std::move(*found));
  }
  // What a test killed at its end has its loop to reap it.
  ~ChildFixture() { CHECK(all_are_reaped()); }
  ChildFixture(const ChildFixture&) = delete;
  ChildFixture& operator=(const ChildFixture&) = delete;

  // A shell that runs `script`, with little in its environment. There `tell PID` prints an identity.
  static ChildOptions shell(const std::string& script) {
    ChildOptions options;
    options.command.program = "/bin/sh";
    options.command.arguments = {"sh", "-c",
                                 "tell() { echo $1 $(cut -d' ' -f22 /proc/$1/stat); }; " + script};
    options.command.environment = {"PATH=/usr/bin:/bin"};
    return options;
  }

  void start(KeptChild& child, const ChildOptions& options) {
    child.process = std::make_unique<ChildProcess>(loop, *helper, options, child);
  }
  // Started, and its end was told.
  void run(KeptChild& child, const ChildOptions& options) {
    start(child, options);
    REQUIRE(run_until([&] { return child.end.has_value(); }, 30s));
  }
  bool run_until_line(KeptChild& child, std::size_t lines = 1) {
    return run_until([&] { return child.out.size() >= lines; }, 30s);
  }

  // Turns until no child of this process is left, nor a zombie.
  bool all_are_reaped() {
    return run_until(
        [] {
          siginfo_t info{};
          return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
        },
        30s);
  }

  std::unique_ptr<ExecHelper> helper;
};

}  // namespace tamada
