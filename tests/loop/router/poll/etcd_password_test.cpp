// LeaderKeyWatch against a real etcd that wants a login: passwords that are wrong, missing, and corrected.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "common/etcd/client.h"
#include "router/poll/leader_key_watch.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/loop/common/etcd/etcd_process.h"

namespace tamada::router {
namespace {

class PasswordFixture : public etcd::EtcdFixture {
 public:
  PasswordFixture() {
    config.username = "root";
    config.password_file = folder / "password";
    config.heartbeat = 1s;
  }

  // Writes the leader key, and lets nobody in any more without the password.
  void close_etcd() {
    etcd_.emplace();
    config.hosts = {etcd_->url().to_string()};
    etcd::ClientOptions patient;
    patient.deadline = 20s;
    const auto open = client_of({etcd_->url()}, patient);  // also waits for etcd to be up
    REQUIRE(put(*open, "/service/main/leader", "pg1"));
    const std::string command = "ETCDCTL_API=3 etcdctl --endpoints " + etcd_->url().to_string() + " ";
    for (const char* step : {"user add root:secret", "user grant-role root root", "auth enable"}) {
      REQUIRE(std::system((command + step + " >/dev/null 2>&1").c_str()) == 0);
    }
  }

  void write_password(const std::string& text) const { std::ofstream(config.password_file) << text; }

  std::unique_ptr<LeaderKeyWatch> watch(bool was_silent = false) {
    LeaderKeyWatch::Callbacks callbacks;
    callbacks.on_key = [this](const LeaderKey& key) { holder = key.lock_holder.value_or(""); };
    callbacks.on_fact = [this](const Fact& fact) {
      facts.push_back(std::string(name_of(fact.kind)) + ": " + fact.words);
    };
    callbacks.on_planned = [](const PlannedChange&) {};
    return LeaderKeyWatch::make(loop, resolver, side, config, "main", was_silent, callbacks).value();
  }
  [[nodiscard]] std::size_t told(const std::string& words) const {
    return static_cast<std::size_t>(std::count_if(facts.begin(), facts.end(), [&](const std::string& fact) {
      return fact.find(words) != std::string::npos;
    }));
  }

  TemporaryFolder folder;
  EtcdConfig config;
  loop::SideThread side{loop};
  std::string holder;
  std::vector<std::string> facts;

 private:
  std::optional<etcd::EtcdProcess> etcd_;
};

TEST_CASE_METHOD(PasswordFixture, "a password that is corrected in its file is used by the next try",
                 "[etcd][leader_key_watch]") {
  close_etcd();
  write_password("wrong\n");
  const auto one = watch();
  REQUIRE(run_until([&] { return told("etcd.silent") == 1; }));
  CHECK(told("authentication failed") == 1);
  CHECK(told("wrong") == 0);
  CHECK(holder.empty());

  // Still wrong at the tries that follow; the silence is told once.
  run_for(500ms);
  write_password("secret\n");
  REQUIRE(run_until([&] { return told("etcd.heard") == 1; }));
  CHECK(holder == "pg1");
  CHECK(facts.size() == 2);
  CHECK_FALSE(one->is_silent());
}

TEST_CASE_METHOD(PasswordFixture, "a password file that is empty or not there yet is looked for again",
                 "[etcd][leader_key_watch]") {
  close_etcd();
  const auto one = watch();
  REQUIRE(run_until([&] { return told("etcd.silent") == 1; }));
  CHECK(told("cluster.etcd.password_file: cannot read " + config.password_file) == 1);
  write_password("\n");
  run_for(300ms);
  write_password("secret");
  REQUIRE(run_until([&] { return told("etcd.heard") == 1; }));
  CHECK(holder == "pg1");
}

TEST_CASE_METHOD(PasswordFixture, "a silence that another watch had told is ended by the first answer",
                 "[etcd][leader_key_watch]") {
  close_etcd();
  write_password("secret");
  const auto one = watch(true);
  CHECK(one->is_silent());
  REQUIRE(run_until([&] { return told("etcd.heard") == 1; }));
  CHECK_FALSE(one->is_silent());
  CHECK(facts.size() == 1);
}

}  // namespace
}  // namespace tamada::router
