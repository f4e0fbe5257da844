// The guard becomes another program in place, and nothing is lost.
#include "agent/guard/client/guard_upgrade.h"

#include "tests/loop/agent/guard/guard_fixture.h"

namespace tamada::guard {
namespace {

class UpgradeFixture : public GuardFixture {
 public:
  GuardAnswer upgrade(const std::string& program) {
    return answer([&](auto then) { client().upgrade(program, then); });
  }
  // The next version, which is where nobody is afterwards.
  std::string next_program() const {
    const std::string path = folder / "next";
    std::filesystem::copy_file(place.command.back(), path);
    std::filesystem::permissions(path, std::filesystem::perms(0755));
    return path;
  }
  static std::string program_of(pid_t pid) {
    return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe").string();
  }
};

TEST_CASE_METHOD(UpgradeFixture, "an upgrade keeps PostgreSQL, the agent, the deadline and the locks",
                 "[guard]") {
  start_postgres();
  REQUIRE(arm(mine, loop::boot_now() + 60s) == Outcome::done);
  const GuardStatus before = status();
  const std::string old_program = program_of(before.guard);
  const std::string program = next_program();
  REQUIRE(upgrade(program).outcome == Outcome::done);
  std::filesystem::remove(program);
  CHECK(program_of(before.guard) != old_program);
  CHECK(status() == before);
  CHECK(agent->lost.empty());
  CHECK(sql("select 1") == "1");
  // Another agent's guard is still kept out, and a second agent as well.
  GuardPlace other = place;
  other.node = "node2";
  KeptAgent stranger(loop, other);
  stranger.client->open();
  KeptAgent second(loop, place);
  second.client->open();
  REQUIRE(run_until([&] { return !stranger.lost.empty() && !second.lost.empty(); }, 30s));
  CHECK(stranger.lost.front().kind == GuardFailure::Kind::in_use);
  CHECK(second.lost.front().kind == GuardFailure::Kind::other_agent);
  // It hears of PostgreSQL's end, and ends it at the deadline; the second upgrade is as good as the first.
  REQUIRE(upgrade(place.command.back()).outcome == Outcome::done);
  REQUIRE(renew(mine, loop::boot_now() + 1s) == Outcome::done);
  CHECK(run_until([this] { return left() == 0; }, 30s));
  CHECK_SOON(status().last_end.process.pid == before.process.pid);
  CHECK_SOON(!status().is_sweeping);
}

TEST_CASE_METHOD(UpgradeFixture, "PostgreSQL ends with a guard that was upgraded", "[guard]") {
  start_postgres();
  REQUIRE(upgrade(next_program()).outcome == Outcome::done);
  ::kill(status().guard, SIGKILL);
  CHECK(run_until([this] { return left() == 0; }, 60s));
}

TEST_CASE_METHOD(UpgradeFixture, "an adopted server is watched after an upgrade", "[guard]") {
  const pid_t stranger = adopt_server();
  REQUIRE(upgrade(next_program()).outcome == Outcome::done);
  CHECK(status().process.is_adopted);
  ::kill(stranger, SIGINT);
  CHECK(run_until([this] { return status().process.kind == ProcessKind::none; }, 60s));
}

TEST_CASE_METHOD(UpgradeFixture, "a program that cannot take over is refused, and the guard goes on",
                 "[guard]") {
  start_postgres();
  REQUIRE(run_until([this] { return !status().process.is_starting; }, 30s));
  const GuardStatus before = status();
  const GuardAnswer missing = upgrade(folder / "nowhere");
  CHECK(missing.outcome == Outcome::failed);
  CHECK(missing.code == ENOENT);
  CHECK(upgrade("/bin/false").outcome == Outcome::failed);
  CHECK(upgrade(data + "/PG_VERSION").outcome == Outcome::failed);
  CHECK(status() == before);
  CHECK(sql("select 1") == "1");
  CHECK(upgrade(next_program()).outcome == Outcome::done);
}

TEST_CASE_METHOD(UpgradeFixture, "the memory is locked again after an upgrade", "[guard]") {
  connect();
  if (status().abilities.memory_lock_code != 0) {
    WARN("not run: memory may not be locked here");
    return;
  }
  REQUIRE(upgrade(next_program()).outcome == Outcome::done);
  CHECK(status().abilities.memory_lock_code == 0);
  std::ifstream in("/proc/" + std::to_string(status().guard) + "/status");
  std::string word;
  long locked = 0;
  while (in >> word && word != "VmLck:") {
  }
  in >> locked;
  CHECK(locked > 100);
}

// --- by the bytes of the installed program

class InstalledFixture : public UpgradeFixture {
 public:
  // What is said when a guard is found after `program` was installed. Empty: nothing, within a while.
  std::string found_with(const std::string& program, Duration patience) {
    said.clear();
    place.command.back() = program;
    agent = std::make_unique<KeptAgent>(loop, place);
    GuardUpgrade upgrade(loop, client(), [this](const std::string& words, bool is_warning) {
      said = (is_warning ? "warning: " : "") + words;
    });
    client().open();
    REQUIRE(run_until([this] { return agent->ready == 1; }, 30s));
    upgrade.begin();
    (void)run_until([this] { return !said.empty(); }, patience);
    return said;
  }
  // Another build: what stands behind its end a program does not read.
  std::string other_build() const {
    const std::string path = next_program();
    std::ofstream(path, std::ios::app) << "another build";
    return path;
  }
  static bool are_same(const std::string& one, const std::string& other) {
    const auto bytes = [](const std::string& path) {
      std::ostringstream all;
      all << std::ifstream(path, std::ios::binary).rdbuf();
      return all.str();
    };
    return bytes(one) == bytes(other);
  }

  std::string said;
};

TEST_CASE_METHOD(InstalledFixture, "a guard becomes the program that is installed, where that is another one",
                 "[guard]") {
  start_postgres();
  const pid_t guard = status().guard;
  const ProcessState postmaster = status().process;
  const std::string exe = "/proc/" + std::to_string(guard) + "/exe";
  const std::string former = place.command.back();
  CHECK(found_with(former, 2s).empty());
  const std::string other = other_build();
  CHECK(found_with(other, 30s).find("has become " + other) != std::string::npos);
  CHECK(are_same(exe, other));
  CHECK(status().guard == guard);
  CHECK(status().process.pid == postmaster.pid);
  // It is the installed one now, although it runs from memory.
  CHECK(found_with(other, 2s).empty());
  CHECK(sql("select 1") == "1");

  const std::string broken = folder / "broken";
  std::ofstream(broken) << "no program";
  CHECK(found_with(broken, 30s)
            .find("warning: the guard, process " + std::to_string(guard) + ", could not become " + broken) ==
        0);
  CHECK(found_with(folder / "nowhere", 30s).find("warning: cannot tell whether the guard is the program") ==
        0);
  CHECK(are_same(exe, other));
  CHECK(sql("select 1") == "1");
}

}  // namespace
}  // namespace tamada::guard
