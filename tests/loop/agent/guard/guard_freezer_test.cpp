// A container that is frozen with all in it, and thawed after its lease has ended.
#include <sys/stat.h>

#include <fstream>

#include "tests/loop/agent/guard/guard_fixture.h"

namespace tamada::guard {
namespace {

// A control group of its own, where one may be made: of the second hierarchy, else of the first one's
// freezer.
class Freezer {
 public:
  Freezer() {
    for (const Kind& kind : {Kind{"/sys/fs/cgroup", "cgroup.freeze", "1", "0"},
                             Kind{"/sys/fs/cgroup/unified", "cgroup.freeze", "1", "0"},
                             Kind{"/sys/fs/cgroup/freezer", "freezer.state", "FROZEN", "THAWED"}}) {
      const std::string path = std::string(kind.root) + "/tamada-test-" + std::to_string(getpid());
      if (mkdir(path.c_str(), 0755) != 0) continue;
      if (access((path + "/" + kind.file).c_str(), W_OK) == 0) {
        path_ = path;
        kind_ = kind;
        return;
      }
      rmdir(path.c_str());
    }
  }
  ~Freezer() {
    if (!is_there()) return;
    freeze(false);
    // It can go when nobody is in it: whoever is left after a failure goes back to where the test is.
    std::ifstream left(path_ + "/cgroup.procs");
    const std::string above = std::string(kind_.root) + "/cgroup.procs";
    for (pid_t pid = 0; left >> pid;) std::ofstream(above) << pid << std::flush;
    for (int attempt = 0; attempt < 5000 && rmdir(path_.c_str()) != 0; ++attempt) usleep(1000);
  }
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;
  [[nodiscard]] bool is_there() const { return !path_.empty(); }
  [[nodiscard]] bool take(pid_t pid) const { return write("cgroup.procs", std::to_string(pid)); }
  bool freeze(bool frozen) const { return write(kind_.file, frozen ? kind_.freeze : kind_.thaw); }

 private:
  struct Kind {
    const char* root;
    const char* file;
    const char* freeze;
    const char* thaw;
  };
  [[nodiscard]] bool write(const std::string& file, const std::string& text) const {
    std::ofstream out(path_ + "/" + file);
    out << text << std::flush;
    return out.good();
  }
  std::string path_;
  Kind kind_{};
};

TEST_CASE_METHOD(GuardFixture, "a container that is frozen past its lease and thawed is ended at once",
                 "[guard]") {
  const Freezer freezer;
  if (!freezer.is_there()) {
    WARN("not run: no control group may be made under /sys/fs/cgroup, so nothing can be frozen");
    return;
  }
  make_data();
  connect();
  if (!freezer.take(status().guard)) {
    WARN("not run: a process may not be moved into another control group here");
    return;
  }
  REQUIRE(start(postgres_launch()) == Outcome::done);
  REQUIRE(run_until_open());
  committing_session();
  const TimePoint lease_end = loop::boot_now() + 1500ms;
  REQUIRE(arm(mine, lease_end) == Outcome::done);
  // What the agent sends while all stands still must not bring back what has passed.
  REQUIRE(freezer.freeze(true));
  std::optional<GuardClient::Answered> got;
  client().renew(mine, lease_end + 3600s, [&got](const auto& given) { got = given; });
  REQUIRE(run_until([&] { return loop::boot_now() > lease_end + 1s; }));
  CHECK(left() > 3);
  CHECK_FALSE(got.has_value());
  const TimePoint thawed = loop::boot_now();
  REQUIRE(freezer.freeze(false));
  CHECK(run_until([this] { return left() == 0; }, 30s));
  UNSCOPED_INFO("over " << to_ms(loop::boot_now() - thawed) << " ms after it was thawed");
  CHECK(loop::boot_now() < thawed + 5s);
  REQUIRE(run_until([&] { return got.has_value(); }, 30s));
  REQUIRE(got->has_value());
  CHECK((*got)->outcome == Outcome::fired);
  // With it goes the last process of the group.
  agent.reset();
  CHECK(run_until([this] { return has_guard_gone(); }, 30s));
}

}  // namespace
}  // namespace tamada::guard
