// Starting, ending and adopting what works on the data directory.
#include "tests/unit/agent/guard/rules/played_guard.h"

namespace tamada::guard {
namespace {

TEST_CASE_METHOD(PlayedGuard, "a start is answered when there is a process", "[guard]") {
  CHECK(ask(start_of(ProcessKind::postmaster)) == std::nullopt);
  CHECK(wants(EffectKind::launch));
  take(core.launched(postmaster_pid, 99, now));
  CHECK(answer_to(last_id) == Outcome::done);
  CHECK(core.status().process == ProcessState{ProcessKind::postmaster, postmaster_pid, 99, false, true});
  take(core.program_runs(now));
  CHECK(core.status().process == ProcessState{ProcessKind::postmaster, postmaster_pid, 99, false, false});
}

TEST_CASE_METHOD(PlayedGuard, "a start that the system refuses leaves nothing", "[guard]") {
  CHECK(ask(start_of(ProcessKind::postmaster)) == std::nullopt);
  take(core.launch_failed(12, now));
  CHECK(answer_to(last_id) == Outcome::failed);
  CHECK(wanted.back().code == 12);
  CHECK(core.status().process.kind == ProcessKind::none);
  run(ProcessKind::postmaster);
}

TEST_CASE_METHOD(PlayedGuard, "what could not become its program ends as not started", "[guard]") {
  CHECK(ask(start_of(ProcessKind::tool)) == std::nullopt);
  take(core.launched(tool_pid, 99, now));
  take(core.program_failed({LaunchStage::directory, 2}, now));
  CHECK(core.status().process.is_starting);
  end(tool_pid, EndKind::exited, 127);
  const ProcessEnd& last = core.status().last_end;
  CHECK(last.kind == EndKind::not_started);
  CHECK(last.stage == LaunchStage::directory);
  CHECK(last.value == 2);
  // The next one's end is its own.
  run(ProcessKind::tool);
  end(tool_pid, EndKind::exited, 3);
  CHECK(core.status().last_end.kind == EndKind::exited);
  CHECK(core.status().last_end.value == 3);
}

TEST_CASE_METHOD(PlayedGuard, "one thing at a time works on the data directory", "[guard]") {
  const ProcessKind first = GENERATE(ProcessKind::postmaster, ProcessKind::tool);
  const ProcessKind second = GENERATE(ProcessKind::postmaster, ProcessKind::tool);
  run(first);
  CHECK(ask(start_of(second)) == Outcome::busy);
  Request adopt = of(RequestKind::adopt);
  adopt.pid = 9;
  adopt.start_time = 9;
  CHECK(ask(adopt, {0, true}) == Outcome::busy);
}

TEST_CASE_METHOD(PlayedGuard, "a start that says not what, or how it is called, is refused", "[guard]") {
  Request request = start_of(ProcessKind::none);
  CHECK(ask(request) == Outcome::invalid);
  request = start_of(ProcessKind::tool);
  request.launch.program = "";
  CHECK(ask(request) == Outcome::invalid);
  request = start_of(ProcessKind::tool);
  request.launch.arguments = {};
  CHECK(ask(request) == Outcome::invalid);
}

TEST_CASE_METHOD(PlayedGuard, "nothing is started beside processes that the guard did not start", "[guard]") {
  CHECK(ask(start_of(ProcessKind::postmaster), {1, false}) == Outcome::leftovers);
  CHECK_FALSE(wants(EffectKind::sweep));  // nor are they ended unasked
  CHECK(ask(of(RequestKind::sweep)) == Outcome::done);
  CHECK(wants(EffectKind::sweep, 0, SIGQUIT));
  CHECK(ask(start_of(ProcessKind::postmaster)) == Outcome::sweeping);
  finish_sweep(1);
  CHECK(ask(start_of(ProcessKind::postmaster)) == std::nullopt);
}

TEST_CASE_METHOD(PlayedGuard, "a start that needs the lock has it", "[guard]") {
  Request request = start_of(ProcessKind::postmaster);
  request.needs_lock = true;
  request.epoch = mine;
  CHECK(ask(request) == Outcome::not_armed);
  CHECK(arm(newer, 10s) == Outcome::done);
  CHECK(ask(request) == Outcome::other_epoch);
  CHECK(arm(mine, 10s) == Outcome::done);
  CHECK(ask(request) == std::nullopt);
}

TEST_CASE_METHOD(PlayedGuard, "a start that needs the lock is refused once it fired, another is not",
                 "[guard]") {
  CHECK(arm(mine, 10s) == Outcome::done);
  wait(10s);
  finish_sweep();
  Request request = start_of(ProcessKind::postmaster);
  request.needs_lock = true;
  request.epoch = mine;
  CHECK(ask(request) == Outcome::fired);
  CHECK(ask(start_of(ProcessKind::postmaster)) == std::nullopt);
}

TEST_CASE_METHOD(PlayedGuard, "whatever a postmaster leaves is swept before the next start", "[guard]") {
  run(ProcessKind::postmaster);
  const auto kind = GENERATE(EndKind::exited, EndKind::signalled);
  end(postmaster_pid, kind, 9);
  CHECK(wants(EffectKind::sweep, 0, SIGQUIT));
  CHECK_FALSE(wants(EffectKind::signal_process));
  CHECK(core.status().is_sweeping);
  CHECK(core.status().last_end.kind == kind);
  CHECK(core.status().last_end.value == 9);
  CHECK(core.status().last_end.process.pid == postmaster_pid);
  CHECK(core.status().last_end.at == now);
  CHECK(ask(start_of(ProcessKind::postmaster)) == Outcome::sweeping);
  CHECK(ask(start_of(ProcessKind::tool)) == Outcome::sweeping);
  finish_sweep(4);
  CHECK(ask(start_of(ProcessKind::postmaster)) == std::nullopt);
}

TEST_CASE_METHOD(PlayedGuard, "a tool that ends leaves nobody in its group, and needs no sweep", "[guard]") {
  run(ProcessKind::tool);
  end(tool_pid, EndKind::exited, 1);
  CHECK(wants(EffectKind::signal_group, tool_pid, SIGKILL));
  CHECK_FALSE(core.status().is_sweeping);
}

TEST_CASE_METHOD(PlayedGuard, "an agent's end is its tool's, by SIGTERM and a second later by SIGKILL",
                 "[guard]") {
  run(ProcessKind::tool);
  take(core.agent_left(now));
  CHECK(wants(EffectKind::signal_group, tool_pid, SIGTERM));
  CHECK_FALSE(wants(EffectKind::signal_group, tool_pid, SIGKILL));
  CHECK_FALSE(wants(EffectKind::leave));
  CHECK(core.next_turn() == now + 1s);
  look();
  wait(999ms);
  CHECK(wanted.empty());
  wait(1ms);
  CHECK(wants(EffectKind::signal_group, tool_pid, SIGKILL));
  CHECK(core.next_turn() == TimePoint::max());
  end(tool_pid, EndKind::signalled, SIGKILL);
  CHECK(wants(EffectKind::leave));
}

TEST_CASE_METHOD(PlayedGuard, "a tool that has ended in time is not killed later", "[guard]") {
  run(ProcessKind::tool);
  take(core.agent_left(now));
  take(core.agent_came(now));
  end(tool_pid);
  look();
  run(ProcessKind::postmaster);
  wait(10s);
  CHECK(wanted.empty());
}

TEST_CASE_METHOD(PlayedGuard, "the deadline ends a tool as well", "[guard]") {
  CHECK(arm(mine, 10s) == Outcome::done);
  run(ProcessKind::tool);
  wait(9500ms);
  CHECK(wants(EffectKind::signal_group, tool_pid, SIGKILL));
  CHECK(wants(EffectKind::sweep, 0, SIGQUIT));
}

TEST_CASE_METHOD(PlayedGuard, "signals go to the postmaster alone, and to a tool's whole group", "[guard]") {
  run(ProcessKind::postmaster);
  CHECK(signal(postmaster_pid, SIGINT) == Outcome::done);
  CHECK(wants(EffectKind::signal_process, postmaster_pid, SIGINT));
  end(postmaster_pid);
  finish_sweep();
  run(ProcessKind::tool);
  CHECK(signal(tool_pid, SIGTERM) == Outcome::done);
  CHECK(wants(EffectKind::signal_group, tool_pid, SIGTERM));
}

TEST_CASE_METHOD(PlayedGuard, "signals that promote or stop, or are none, are refused", "[guard]") {
  run(ProcessKind::postmaster);
  for (const int number : {SIGUSR1, SIGUSR2, SIGSTOP, 0, -1, 1000}) {
    INFO(number);
    CHECK(signal(postmaster_pid, number) == Outcome::invalid);
  }
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGKILL, SIGCONT}) {
    INFO(number);
    CHECK(signal(postmaster_pid, number) == Outcome::done);
  }
}

TEST_CASE_METHOD(PlayedGuard, "a signal for another process than the one that runs goes to nobody",
                 "[guard]") {
  CHECK(signal(0, SIGTERM) == Outcome::not_running);
  run(ProcessKind::postmaster);
  CHECK(signal(postmaster_pid + 1, SIGTERM) == Outcome::not_running);
  CHECK(signal(0, SIGTERM) == Outcome::not_running);
  CHECK_FALSE(wants(EffectKind::signal_process));
}

TEST_CASE_METHOD(PlayedGuard, "the end of children that the rules do not know changes nothing", "[guard]") {
  run(ProcessKind::postmaster);
  end(1234);
  end(0);
  CHECK(wanted.empty());
  CHECK(core.status().process.pid == postmaster_pid);
}

class AdoptingGuard : public PlayedGuard {
 public:
  std::optional<Outcome> adopt(bool is_ours) {
    Request request = of(RequestKind::adopt);
    request.pid = postmaster_pid;
    request.start_time = 1234;
    return ask(request, {3, is_ours});
  }
};

TEST_CASE_METHOD(AdoptingGuard, "a postmaster of somebody else's is adopted and fenced", "[guard]") {
  CHECK(adopt(false) == Outcome::not_ours);
  CHECK(core.status().process.kind == ProcessKind::none);
  CHECK(adopt(true) == Outcome::done);
  CHECK(wants(EffectKind::watch, postmaster_pid, 0));
  CHECK(core.status().process == ProcessState{ProcessKind::postmaster, postmaster_pid, 1234, true, false});
  CHECK(arm(mine, 10s) == Outcome::done);
  wait(9500ms);
  CHECK(wants(EffectKind::signal_process, postmaster_pid, SIGQUIT));
  end(postmaster_pid, EndKind::unknown);
  finish_sweep();
  CHECK(core.status().last_end.kind == EndKind::unknown);
  CHECK(core.status().last_end.process.is_adopted);
}

TEST_CASE_METHOD(AdoptingGuard, "nobody is adopted while processes are being ended", "[guard]") {
  CHECK(ask(of(RequestKind::sweep)) == Outcome::done);
  CHECK(adopt(true) == Outcome::sweeping);
}

TEST_CASE_METHOD(AdoptingGuard, "a sweep that is asked for ends the postmaster, too", "[guard]") {
  CHECK(adopt(true) == Outcome::done);
  CHECK(ask(of(RequestKind::sweep)) == Outcome::done);
  CHECK(wants(EffectKind::signal_process, postmaster_pid, SIGQUIT));
  look();
  // Asked for again it is not begun anew.
  take(core.swept(2, now));
  look();
  CHECK(ask(of(RequestKind::sweep)) == Outcome::done);
  CHECK_FALSE(wants(EffectKind::sweep));
}

}  // namespace
}  // namespace tamada::guard
