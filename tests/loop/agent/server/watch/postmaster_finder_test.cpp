#include "agent/server/watch/postmaster_finder.h"

#include "tests/loop/agent/server/watch/watch_fixture.h"

namespace tamada::agent {

namespace {

std::optional<ProcessIdentity> found_in(const std::string& data_dir) {
  const auto found = find_postmaster(data_dir);
  INFO((found ? "" : found.error().message));
  REQUIRE(found.has_value());
  return *found;
}

}  // namespace

TEST_CASE_METHOD(WatchFixture, "A postmaster that somebody else started is found, and adopted") {
  make_data();
  const auto launch = postgres_launch();
  const pid_t pid = postgres::spawn(launch.arguments, folder / "postgres.log");
  others.push_back(pid);
  REQUIRE(run_until_open());
  std::optional<Result<std::optional<ProcessIdentity>>> found;
  PostmasterFinder finder(loop, data,
                          [&](Result<std::optional<ProcessIdentity>> told) { found = std::move(told); });
  REQUIRE(run_until([&] { return found.has_value(); }));
  REQUIRE(found->has_value());
  REQUIRE((*found)->has_value());
  CHECK((**found)->pid == pid);
  CHECK((**found)->start_time == processes.start_time(pid));

  connect();
  // The guard does not know it: that is not `stopped`.
  CHECK(look_now().view.kind == ha::ServerKind::unknown);
  CHECK(last.view.data == ha::DataState::unknown);
  CHECK_FALSE(last.problem.empty());
  const auto taken = answer([&](auto then) { client().adopt(***found, then); });
  CHECK(taken.outcome == guard::Outcome::done);
  CHECK(sees_kind(ha::ServerKind::primary));
}

TEST_CASE_METHOD(WatchFixture, "A file that a server left behind is nobody") {
  CHECK_FALSE(found_in(data));
  make_data();
  CHECK_FALSE(found_in(data));
  const std::string file = data + "/postmaster.pid";
  const auto says = [&](const std::string& text) { std::ofstream(file) << text; };
  says("");
  CHECK_FALSE(found_in(data));
  // This process is there, and is no PostgreSQL.
  says(std::to_string(getpid()) + "\n" + data + "\n");
  CHECK_FALSE(found_in(data));
  // A process that has ended.
  const pid_t pid = postgres::spawn({"/bin/true"}, folder / "log");
  waitpid(pid, nullptr, 0);
  says(std::to_string(pid) + "\n" + data + "\n");
  CHECK_FALSE(found_in(data));
  // A PostgreSQL of another directory.
  const postgres::PostgresProcess other;
  says(std::to_string(other.pid()) + "\n" + data + "\n");
  CHECK_FALSE(found_in(data));
}

TEST_CASE_METHOD(WatchFixture, "What cannot be looked at is an error, and so is a single user's server") {
  make_data();
  const std::string file = data + "/postmaster.pid";
  std::filesystem::create_directory(file);
  CHECK_FALSE(find_postmaster(data).has_value());
  std::filesystem::remove(file);

  // It waits for its standard input, which nobody writes to.
  const std::string pipe = folder / "input";
  REQUIRE(mkfifo(pipe.c_str(), 0666) == 0);
  REQUIRE(chmod(pipe.c_str(), 0666) == 0);
  const UniqueFd writer(open(pipe.c_str(), O_RDWR | O_CLOEXEC));
  others.push_back(postgres::spawn(
      {"/bin/sh", "-c", "exec " + postgres::programs + "postgres --single -D " + data + " postgres <" + pipe},
      folder / "log"));
  REQUIRE(run_until([&] { return !find_postmaster(data).has_value(); }, 30s));
  CHECK(find_postmaster(data).error().kind == ErrorKind::unavailable);
}

}  // namespace tamada::agent
