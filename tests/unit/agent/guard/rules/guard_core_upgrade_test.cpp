// One guard becomes the next in place: what is asked first, and what goes over.
#include <array>
#include <cerrno>

#include "agent/guard/rules/saved_state.h"
#include "tests/unit/agent/guard/rules/played_guard.h"

namespace tamada::guard {
namespace {

class Upgrading : public PlayedGuard {
 public:
  std::optional<Outcome> upgrade(std::string_view path = "/usr/lib/next") {
    Request request = of(RequestKind::upgrade);
    request.path = path;
    return ask(request);
  }
  void begin() {
    REQUIRE(upgrade() == std::nullopt);
    REQUIRE(wants(EffectKind::check_upgrade));
    take(core.checker_started(checker_pid, now));
    asked = last_id;
    look();
  }
  std::uint32_t asked = 0;
};

// As the next program reads it.
GuardCore taken_over(const GuardCore& core) {
  std::array<std::byte, longest_saved_state> buffer{};
  const auto bytes = encode(SavedState{core, 3, 4, 5, 6}, buffer);
  REQUIRE_FALSE(bytes.empty());
  const auto state = decode_saved_state(bytes);
  REQUIRE(state.has_value());
  CHECK(state->lock == 3);
  CHECK(state->listener == 4);
  CHECK(state->agent == 5);
  CHECK(state->watchdog == 6);
  return state->core;
}

TEST_CASE_METHOD(Upgrading, "the next program is asked before the guard becomes it", "[guard]") {
  begin();
  CHECK_FALSE(wants(EffectKind::upgrade));
  end(checker_pid, EndKind::exited, 0);
  CHECK(wants(EffectKind::upgrade));
  CHECK(answer_to(asked) == std::nullopt);
}

TEST_CASE_METHOD(Upgrading, "a program that cannot take over is not become", "[guard]") {
  begin();
  SECTION("it does not read the state, or is none") {
    end(checker_pid, EndKind::exited, 71);
    CHECK(wanted.back().code == 71);
  }
  SECTION("it crashes") {
    end(checker_pid, EndKind::signalled, SIGSEGV);
    CHECK(wanted.back().code == EPROTO);
  }
  CHECK_FALSE(wants(EffectKind::upgrade));
  CHECK(answer_to(asked) == Outcome::failed);
  CHECK(upgrade() == std::nullopt);  // another may
}

TEST_CASE_METHOD(Upgrading, "an upgrade that fails at the last moment changes nothing", "[guard]") {
  begin();
  end(checker_pid, EndKind::exited, 0);
  take(core.upgrade_failed(13, now));
  CHECK(answer_to(asked) == Outcome::failed);
  CHECK(upgrade() == std::nullopt);
}

TEST_CASE_METHOD(Upgrading, "an upgrade names a program, and waits for what is being done", "[guard]") {
  CHECK(upgrade("") == Outcome::invalid);
  CHECK(ask(start_of(ProcessKind::postmaster)) == std::nullopt);
  take(core.launched(postmaster_pid, 1, now));
  CHECK(upgrade() == Outcome::busy);
  take(core.program_runs(now));
  begin();
  CHECK(upgrade() == Outcome::busy);
  CHECK(ask(start_of(ProcessKind::tool)) == Outcome::busy);
  CHECK(arm(mine, 10s) == Outcome::done);  // the deadline waits for nobody
  CHECK(promote(mine, 10s) == Outcome::busy);
}

TEST_CASE_METHOD(Upgrading, "what began while the next program was asked comes first", "[guard]") {
  begin();
  CHECK(ask(of(RequestKind::call_off)) == Outcome::done);
  take(core.helper_started(helper_pid, now));
  end(checker_pid, EndKind::exited, 0);
  CHECK_FALSE(wants(EffectKind::upgrade));
  CHECK(answer_to(asked) == Outcome::busy);
}

TEST_CASE_METHOD(Upgrading, "everything that is known goes over", "[guard]") {
  run(ProcessKind::postmaster);
  CHECK(arm(newer, 10s) == Outcome::done);
  CHECK(renew(newer, -10s) == Outcome::done);
  end(postmaster_pid, EndKind::signalled, SIGQUIT);
  finish_sweep();
  run(ProcessKind::postmaster);
  CHECK(arm(mine, 10s) == Outcome::done);
  begin();
  end(checker_pid, EndKind::exited, 0);
  GuardCore next = taken_over(core);
  CHECK(next.status() == core.status());
  CHECK(next.next_turn() == core.next_turn());
  CHECK(next.has_agent());
  // The answer comes from the next one, the epoch that fired stays so, and the deadline fires.
  core = next;
  look();
  take(core.upgraded({12, true, true}, now));
  CHECK(answer_to(asked) == Outcome::done);
  CHECK(core.status().abilities.memory_lock_code == 12);
  CHECK(upgrade() == std::nullopt);
  CHECK(arm(newer, 10s) == Outcome::fired);
  wait(9500ms);
  CHECK(wants(EffectKind::signal_process, postmaster_pid, SIGQUIT));
}

TEST_CASE_METHOD(Upgrading, "a sweep goes on where it was, also with the deadline past", "[guard]") {
  run(ProcessKind::postmaster);
  CHECK(ask(of(RequestKind::sweep)) == Outcome::done);
  take(core.swept(3, now));
  core = taken_over(core);
  look();
  now += 200ms;
  take(core.turn(now));
  CHECK(wants(EffectKind::sweep, 0, SIGKILL));
}

TEST_CASE_METHOD(Upgrading, "the deadline that passed during the change fires after it", "[guard]") {
  run(ProcessKind::postmaster);
  CHECK(arm(mine, 10s) == Outcome::done);
  core = taken_over(core);
  look();
  now += 10s;
  take(core.upgraded({}, now));
  CHECK(wants(EffectKind::signal_process, postmaster_pid, SIGQUIT));
}

TEST_CASE_METHOD(Upgrading, "the next one watches an adopted postmaster anew", "[guard]") {
  Request request = of(RequestKind::adopt);
  request.pid = postmaster_pid;
  request.start_time = 5;
  CHECK(ask(request, {0, true}) == Outcome::done);
  core = taken_over(core);
  look();
  take(core.upgraded({}, now));
  CHECK(wants(EffectKind::watch, postmaster_pid, 0));
}

TEST_CASE("a state that is cut anywhere, of another version, or none is not read", "[guard]") {
  std::array<std::byte, longest_saved_state> buffer{};
  const auto bytes = encode(SavedState{GuardCore(TimePoint(5s), {}), 1, 2, 3, 4}, buffer);
  REQUIRE_FALSE(bytes.empty());
  CHECK(decode_saved_state(bytes).has_value());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO(size);
    CHECK_FALSE(decode_saved_state(bytes.first(size)).has_value());
  }
  buffer[4] = std::byte{2};
  CHECK_FALSE(decode_saved_state(bytes).has_value());
  buffer[4] = std::byte{1};
  CHECK(decode_saved_state(bytes).has_value());
  buffer[0] = std::byte{0};
  CHECK_FALSE(decode_saved_state(bytes).has_value());
}

}  // namespace
}  // namespace tamada::guard
