#include "router/api/runtime/runtime_sockets.h"

#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/a_snapshot.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/raw_unix.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;
using namespace tamada::router;
using tamada::UniqueFd;
using tamada::loop::Arrived;
using tamada::loop::LoopFixture;
using tamada::loop::raw_send;
using tamada::loop::raw_unix_client;
using tamada::loop::take_arrived;

namespace {

// A router with the cluster of a_snapshot(). Answers come in a later turn, or not before release().
class FakeBackend final : public StatsBackend {
 public:
  explicit FakeBackend(loop::Loop& loop) : loop_(loop) {}

  void snapshot(std::function<void(StatsSnapshotPtr)> ready) override {
    ++snapshots;
    later([this, ready = std::move(ready)] {
      auto made = std::make_shared<StatsSnapshot>(test::a_snapshot());
      made->now = loop::boot_now();
      made->listeners[0].routes[0].weight = weight;
      ready(std::move(made));
    });
  }
  void sessions(std::function<void(SessionListPtr)> ready) override {
    later([ready = std::move(ready)] {
      auto made = std::make_shared<SessionList>(test::some_sessions());
      made->now = loop::boot_now();
      ready(std::move(made));
    });
  }
  void act(Action action, std::function<void(ActionResult)> done) override {
    later([this, action = std::move(action), done = std::move(done)] {
      actions.push_back(action);
      if (action.kind == Action::Kind::set_weight) weight = action.weight;
      done(result);
    });
  }
  void forget() override {}
  void record(const char*, const std::string&, const std::string&, const std::string&) override {}
  void record_denied(const std::string&, const Address&, const std::string&) override {}

  void release() {
    holds = false;
    for (auto& each : std::exchange(held_, {})) each();
  }

  bool holds = false;
  int snapshots = 0;
  std::uint32_t weight = 1;
  std::vector<Action> actions;
  ActionResult result;

 private:
  void later(std::function<void()> work) {
    if (holds) return held_.push_back(std::move(work));
    loop_.post([work = std::move(work)] { work(); });
  }
  loop::Loop& loop_;
  std::vector<std::function<void()>> held_;
};

struct Fixture {
  Fixture()
      : backend(test.loop),
        snapshots(test.loop, 100ms, [this](auto ready) { backend.snapshot(std::move(ready)); }),
        sessions(test.loop, 100ms, [this](auto ready) { backend.sessions(std::move(ready)); }),
        sockets(std::make_unique<RuntimeSockets>(
            test.loop, backend, snapshots, sessions, [] { return RenderOptions{}; }, [](bool /*all*/) {})) {}

  [[nodiscard]] std::string path(const std::string& name = "s") const { return folder / name; }

  std::string prepare(const std::vector<std::string>& places) {
    std::vector<StatsSocket> wanted;
    for (const std::string& place : places) wanted.push_back(*parse_stats_socket(place));
    const auto errors = sockets->prepare(wanted);
    return errors.empty() ? "ok" : errors[0].message;
  }
  void open(const std::string& words = " level admin") {
    REQUIRE(prepare({path() + words}) == "ok");
    sockets->commit();
  }

  // Until the other side has closed.
  std::string all_of(const UniqueFd& client) {
    Arrived arrived;
    const bool over = test.run_until([&] {
      take_arrived(client, arrived);
      return arrived.end || arrived.error != 0;
    });
    CHECK(over);
    CHECK(arrived.error == 0);
    return arrived.bytes;
  }
  std::string ask(const std::string& bytes) {
    const UniqueFd client = raw_unix_client(path());
    REQUIRE(client.is_open());
    raw_send(client, bytes);
    return all_of(client);
  }

  LoopFixture test;
  TemporaryFolder folder;
  FakeBackend backend;
  SnapshotCache snapshots;
  SessionCache sessions;
  std::unique_ptr<RuntimeSockets> sockets;
};

const std::string version = "2.6.0+tamada-0.1.0\n";

}  // namespace

// What these answer was compared with HAProxy 2.6's own socket.
TEST_CASE("a line is answered and the connection closed", "[runtime_sockets]") {
  Fixture f;
  f.open();
  CHECK(f.ask("show version\n") == version + "\n");
  CHECK(f.ask("show version\r\n") == version + "\n");
  CHECK(f.ask("show version;show backend\n") == version + "\n# name\nwrite\nread\n\n");
  CHECK(f.ask("show version\nshow version\n") == version + "\n" + version + "\n");
  CHECK(f.ask("get weight x/y\n") == "No such backend.\n\n");
  CHECK(f.ask("show version;quit;show version\n") == version + "\n");
  CHECK(f.ask("\n").starts_with("Unknown command. Please enter one of"));
  CHECK(f.ask("show stat;show info;show sess;show servers state\n").find("\n\nName: ") != std::string::npos);
}

TEST_CASE("a web page cannot make a browser carry out a command", "[runtime_sockets]") {
  Fixture f;
  f.open();
  const std::string post =
      "POST / HTTP/1.1\r\nHost: 127.0.0.1:9999\r\nOrigin: http://evil.example\r\nContent-Type: text/plain\r\n"
      "Content-Length: 37\r\n\r\n\nset server write/first state maint\n";
  CHECK(f.ask(post).starts_with("Unknown command"));
  CHECK(f.ask("GET /;shutdown%20sessions HTTP/1.1\r\n\r\nshow version\n").find(version) == std::string::npos);
  CHECK(f.ask("\nset server write/first state maint\n").starts_with("Unknown command"));
  CHECK(f.backend.actions.empty());
}

TEST_CASE("after prompt the connection stays, and every answer ends with the prompt", "[runtime_sockets]") {
  Fixture f;
  f.open();
  CHECK(f.ask("prompt\nquit\n") == "\n> ");
  CHECK(f.ask("prompt\nprompt\n") == "\n> \n");
  CHECK(f.ask("prompt;show version\nquit\n") == "\n> " + version + "\n> ");
  CHECK(f.ask("prompt\nset server write/first state ready\nquit\n") == "\n> \n> ");
  CHECK(f.ask("prompt\nshow version;show cli level\nquit\n") == "\n> " + version + "\n> admin\n\n> ");

  const UniqueFd client = raw_unix_client(f.path());
  raw_send(client, "prompt\n");
  Arrived arrived;
  const auto wait_for = [&](const std::string& bytes) {
    return f.test.run_until([&] {
      take_arrived(client, arrived);
      return arrived.bytes == bytes;
    });
  };
  CHECK(wait_for("\n> "));
  raw_send(client, "show ver");
  f.test.run_turns();
  raw_send(client, "sion\n");
  CHECK(wait_for("\n> " + version + "\n> "));
  CHECK_FALSE(arrived.end);
  ::shutdown(client.get(), SHUT_WR);
  CHECK(f.all_of(client).empty());
}

TEST_CASE("answers are the same however the bytes are cut", "[runtime_sockets]") {
  Fixture f;
  f.open();
  const std::string bytes =
      "prompt;show cli level;set server write/first weight 5\nget weight write/first\r\nquit\n";
  const std::string expected = "\n> admin\n\n> \n> 5 (initial 1)\n\n> ";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const UniqueFd client = raw_unix_client(f.path());
    raw_send(client, bytes.substr(0, cut));
    f.test.run_turns(2);
    raw_send(client, bytes.substr(cut));
    INFO(cut);
    CHECK(f.all_of(client) == expected);
  }
}

TEST_CASE("half a line is never carried out", "[runtime_sockets]") {
  Fixture f;
  f.open();
  const UniqueFd client = raw_unix_client(f.path());
  raw_send(client, "disable server write/first;disable server write/second");
  ::shutdown(client.get(), SHUT_WR);
  CHECK(f.all_of(client).empty());
  CHECK(f.backend.actions.empty());
}

TEST_CASE("an action carries who asked, and its answer says what came of it", "[runtime_sockets]") {
  Fixture f;
  f.open();
  CHECK(f.ask("set server read/second state drain\n") == "\n");
  REQUIRE(f.backend.actions.size() == 1);
  CHECK(f.backend.actions[0].by == "socket");
  CHECK(f.backend.actions[0].from ==
        f.path() + " (uid " + std::to_string(::getuid()) + ", pid " + std::to_string(::getpid()) + ")");
  f.backend.result = {ActionResult::Kind::refused, "not while it leads"};
  CHECK(f.ask("set server read/second state maint\n") == "not while it leads\n\n");
  f.backend.result = {ActionResult::Kind::not_found, "no such session"};
  CHECK(f.ask("shutdown session 1.99\n") == "No such session (use 'show sess').\n\n");
}

TEST_CASE("who changes something sees the change at once, and others cost no snapshot each",
          "[runtime_sockets]") {
  Fixture f;
  f.open();
  for (std::uint32_t weight = 10; weight < 20; ++weight) {
    const std::string number = std::to_string(weight);
    CHECK(f.ask("set server write/first weight " + number + ";get weight write/first\n") ==
          "\n" + number + " (initial 1)\n\n");
  }
  f.backend.snapshots = 0;
  const TimePoint begun = loop::boot_now();
  std::string many;
  for (int i = 0; i < 100; ++i) many += "show version;";
  f.ask(many + "quit\n");
  CHECK(f.backend.snapshots <= 2 + (loop::boot_now() - begun) / 100ms);
}

TEST_CASE("levels are those of the socket, and can only be lowered", "[runtime_sockets]") {
  Fixture f;
  f.open(" level operator");
  CHECK(f.ask("disable server write/first\n") == "Permission denied\n\n");
  CHECK(f.ask("show cli level;user;show cli level;show errors;operator\n") ==
        "operator\n\n\nuser\n\nPermission denied\n\nPermission denied\n\n");
  CHECK(f.backend.actions.empty());
}

TEST_CASE("a new configuration opens, changes and closes sockets, all or none", "[runtime_sockets]") {
  Fixture f;
  f.open(" level user mode 600");
  // None is changed where one cannot be opened.
  const std::string missing = f.path("none/s");
  CHECK(f.prepare({f.path() + " level admin", f.path("t"), missing}) ==
        "stats.socket: cannot listen on " + missing + ": no such file or directory (ENOENT)");
  CHECK_FALSE(raw_unix_client(f.path("t")).is_open());
  CHECK(f.ask("show cli level\n") == "user\n\n");
  // Another level and mode at the same place, which never closes meanwhile.
  REQUIRE(f.prepare({f.path() + " level admin mode 660", f.path("t")}) == "ok");
  const UniqueFd early = raw_unix_client(f.path("t"));
  raw_send(early, "show cli level\n");
  f.test.run_turns();
  CHECK_FALSE(loop::is_readable(early));  // nobody serves it before commit()
  f.sockets->commit();
  CHECK(f.all_of(early) == "operator\n\n");
  CHECK(f.ask("show cli level\n") == "admin\n\n");
  struct stat found {};
  REQUIRE(::stat(f.path().c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0660);
  REQUIRE(f.prepare({f.path("t")}) == "ok");
  f.sockets->abandon();
  CHECK(f.ask("show cli level\n") == "admin\n\n");
  const UniqueFd open_one = raw_unix_client(f.path());
  raw_send(open_one, "prompt\n");
  f.test.run_turns();
  REQUIRE(f.prepare({f.path("t")}) == "ok");
  f.sockets->commit();
  CHECK(f.all_of(open_one) == "\n> ");  // what is taken out closes its connections
  CHECK_FALSE(raw_unix_client(f.path()).is_open());
}

TEST_CASE("a loopback address serves as a path does", "[runtime_sockets]") {
  Fixture f;
  // A free port: the one of a listener that has just gone.
  const std::uint16_t port = loop::socket_address(loop::closed_port().get()).port();
  const std::string place = "127.0.0.1:" + std::to_string(port);
  REQUIRE(f.prepare({place + " level admin"}) == "ok");
  f.sockets->commit();
  REQUIRE(f.sockets->listeners().size() == 1);
  const UniqueFd client = loop::raw_client(f.sockets->listeners()[0]->address());
  raw_send(client, "disable server read/second;show cli sockets\n");
  CHECK(f.all_of(client) == "\n# socket lvl processes\nipv4@" + place + " admin all\n\n");
  REQUIRE(f.backend.actions.size() == 1);
  CHECK(f.backend.actions[0].from == loop::socket_address(client.get()).to_string());
}

TEST_CASE("a line that is too long gets an answer and the end", "[runtime_sockets]") {
  Fixture f;
  f.open();
  CHECK(f.ask(std::string(CommandReader::line_max + 1, 'x')) ==
        "The line is too long, at most 16384 bytes.\n\n");
  CHECK(f.ask("show version " + std::string(16000, 'x') + "\n") == version + "\n");
}

TEST_CASE("who is silent is cut after the time-out, which can be set", "[runtime_sockets]") {
  Fixture f;
  f.open();
  CHECK(f.ask("set timeout cli 1;prompt\n") == "\n\n> ");
}

TEST_CASE("who does not read pins one answer at most", "[runtime_sockets]") {
  Fixture f;
  f.open();
  const UniqueFd client = raw_unix_client(f.path());
  loop::make_nonblocking(client.get());
  // Far more answers than any buffer holds, and none of them read.
  std::string flood = "prompt\n";
  for (int i = 0; i < 1000; ++i) flood += "help\n";
  std::size_t sent = 0;
  std::size_t stuck = 0;
  REQUIRE(f.test.run_until([&] {
    const ssize_t n = ::send(client.get(), flood.data(), flood.size(), MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
    stuck = n > 0 ? 0 : stuck + 1;
    return stuck > 50;
  }));
  // What was taken in is what the kernel holds, and what fits into one read and one line.
  CHECK(sent < 2'000'000);
  // It goes on where it stopped as soon as it is read.
  Arrived arrived;
  REQUIRE(f.test.run_until([&] {
    take_arrived(client, arrived);
    return std::count(arrived.bytes.begin(), arrived.bytes.end(), '>') > 2000;
  }));
}

TEST_CASE("more clients than the limit wait until others have gone", "[runtime_sockets]") {
  Fixture f;
  f.open();
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < RuntimeListener::clients_max; ++i) {
    clients.push_back(raw_unix_client(f.path()));
    raw_send(clients.back(), "prompt\n");
  }
  REQUIRE(
      f.test.run_until([&] { return f.sockets->listeners()[0]->clients() == RuntimeListener::clients_max; }));
  const UniqueFd late = raw_unix_client(f.path());
  raw_send(late, "show version\n");
  f.test.run_turns();
  CHECK_FALSE(loop::is_readable(late));
  clients.pop_back();
  CHECK(f.all_of(late) == version + "\n");
}

TEST_CASE("a router that does not answer is told, and late answers find nobody", "[runtime_sockets]") {
  Fixture f;
  f.open();
  f.backend.holds = true;
  CHECK(f.ask("show stat\n") == "The router does not answer in time, try again.\n\n");
  UniqueFd gone = raw_unix_client(f.path());
  raw_send(gone, "clear counters\n");
  UniqueFd stays = raw_unix_client(f.path());
  raw_send(stays, "show sess\n");
  f.test.run_turns();
  gone.reset();
  f.test.run_turns();
  SECTION("clients have gone") {
    stays.reset();
    f.test.run_turns();
  }
  SECTION("everything has gone") {
    f.sockets.reset();
  }
  f.backend.release();
  f.test.run_turns();
}
