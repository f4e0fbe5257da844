#include "common/loop/inherited_sockets.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "common/loop/socket_options.h"
#include "common/process/spawn.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/raw_unix.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;
using namespace tamada::loop;

namespace {

// The descriptors in 3, 4, ... of a child process that calls `look`; what it answers.
std::string in_a_child(const std::vector<int>& descriptors, const std::string& names,
                       const std::function<std::string()>& look) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int told = ::fcntl(ends[1], F_DUPFD, 60);
    std::vector<int> high;
    for (const int fd : descriptors) high.push_back(::fcntl(fd, F_DUPFD, 40));
    int number = 3;
    for (const int fd : high) {
      ::dup2(fd, number++);
      ::close(fd);
    }
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(descriptors.size()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
    const std::string answer = look();
    if (::write(told, answer.data(), answer.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string answer;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return answer;
}

std::string word_of(const InheritedSocket& socket) {
  if (!socket.fd.is_open()) return "none ";
  return socket.foreign ? "foreign " : "own ";
}

}  // namespace

TEST_CASE("sockets are found by their address, once, and the rest is closed and told",
          "[inherited_sockets]") {
  const UniqueFd first = raw_server();
  const UniqueFd second = raw_server();
  const UniqueFd unused = raw_server();
  const Address at = socket_address(first.get());
  const Address other = socket_address(second.get());
  const std::string answer =
      in_a_child({first.get(), second.get(), unused.get()}, "a.socket:tamada-1:unused", [&] {
        InheritedSockets sockets = InheritedSockets::from_environment();
        std::string said = word_of(sockets.take(at, false));
        said += word_of(sockets.take(at, false));
        said += word_of(sockets.take(other, false));
        said += word_of(sockets.take(other.with_port(1), false));
        for (const std::string& place : sockets.close_rest()) said += place + " ";
        if (::fcntl(5, F_GETFD) < 0 && std::getenv("LISTEN_FDS") == nullptr) said += "closed";
        return said;
      });
  CHECK(answer == "foreign none own none " + socket_address(unused.get()).to_string() + " closed");
}

TEST_CASE("a second descriptor of a socket that was taken is closed without a word", "[inherited_sockets]") {
  const UniqueFd server = raw_server();
  const Address at = socket_address(server.get());
  CHECK(in_a_child({server.get(), server.get()}, "tamada-a:tamada-a", [&] {
          InheritedSockets sockets = InheritedSockets::from_environment();
          std::string said = word_of(sockets.take(at, false));
          return said + std::to_string(sockets.close_rest().size());
        }) == "own 0");
}

TEST_CASE("what an earlier process left at an address that nobody wants is ended for everybody",
          "[inherited_sockets]") {
  const UniqueFd wanted = raw_server();
  const UniqueFd unwanted = raw_server();
  const UniqueFd foreign = raw_server();
  const Address at = socket_address(wanted.get());
  const auto listens = [](const UniqueFd& socket) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
  };
  const std::string answer =
      in_a_child({wanted.get(), unwanted.get(), foreign.get()}, "tamada-a:tamada-b:unit", [&] {
        InheritedSockets sockets = InheritedSockets::from_environment();
        std::string said = std::to_string(sockets.own_names().size()) + " ";
        for (const std::string& place : sockets.end_own_beside({at})) said += place + " ";
        return said + word_of(sockets.take(at, false));
      });
  CHECK(answer == "2 " + socket_address(unwanted.get()).to_string() + " own ");
  // These descriptors are of the same sockets.
  CHECK(listens(wanted));
  CHECK_FALSE(listens(unwanted));
  CHECK(listens(foreign));
}

TEST_CASE("what listens to nobody is told by its name", "[inherited_sockets]") {
  const UniqueFd file(::open("/dev/null", O_RDONLY));
  CHECK(in_a_child({file.get()}, "odd", [] {
          InheritedSockets sockets = InheritedSockets::from_environment();
          return sockets.close_rest().at(0);
        }) == "no listening socket (odd)");
}

TEST_CASE("a descriptor of any kind can be taken by its name", "[inherited_sockets]") {
  const UniqueFd file(::open("/dev/null", O_RDONLY));
  CHECK(in_a_child({file.get()}, "tamada-lock", [] {
          InheritedSockets sockets = InheritedSockets::from_environment();
          const bool none = !sockets.take_named("other").is_open();
          const UniqueFd found = sockets.take_named("tamada-lock");
          return std::string(none && found.get() == 3 && (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 ? "yes"
                                                                                                 : "no");
        }) == "yes");
}

TEST_CASE("a UNIX-domain socket counts as long as its file is there", "[inherited_sockets]") {
  const TemporaryFolder folder;
  const UniqueFd server = raw_unix_server(folder / "s", true);
  const auto look = [&] {
    InheritedSockets sockets = InheritedSockets::from_environment();
    return word_of(sockets.take(folder / "s"));
  };
  CHECK(in_a_child({server.get()}, "tamada-s", look) == "own ");
  REQUIRE(::unlink((folder / "s").c_str()) == 0);
  CHECK(in_a_child({server.get()}, "tamada-s", look) == "none ");
}

TEST_CASE("variables for another process are not for this one", "[inherited_sockets]") {
  const UniqueFd server = raw_server();
  CHECK(in_a_child({server.get()}, "a", [&] {
          ::setenv("LISTEN_PID", "1", 1);
          InheritedSockets sockets = InheritedSockets::from_environment();
          return word_of(sockets.take(socket_address(server.get()), false));
        }) == "none ");
}

TEST_CASE("a program that is started gets descriptors, names and environment", "[spawn]") {
  const TemporaryFolder folder;
  const std::string out = folder / "out";
  const UniqueFd file(::open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  SpawnOptions options;
  options.program = "/bin/sh";
  options.arguments = {
      "sh", "-c",
      "[ $LISTEN_PID = $$ ] && echo \"$LISTEN_FDS $LISTEN_FDNAMES $KEPT $WATCHDOG_PID\" >&3; echo end >&4"};
  options.environment = {"KEPT=kept", "LISTEN_FDS=7", "WATCHDOG_PID=1"};
  options.descriptors = {{"tamada-one", file.get()}, {"tamada-two", file.get()}};
  LoopFixture test;
  const auto pid = spawn(options);
  REQUIRE(pid);
  CHECK(*pid > 1);
  const auto text = [&] {
    std::array<char, 256> buffer{};
    const UniqueFd reading(::open(out.c_str(), O_RDONLY | O_CLOEXEC));
    const ssize_t got = ::read(reading.get(), buffer.data(), buffer.size());
    return std::string(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  };
  CHECK(test.run_until([&] { return text().find("end") != std::string::npos; }));
  CHECK(text() == "2 tamada-one:tamada-two kept \nend\n");
}

TEST_CASE("a program that is not there is an error that names it", "[spawn]") {
  SpawnOptions options;
  options.program = "/nonexistent/program";
  options.arguments = {"program"};
  const auto pid = spawn(options);
  REQUIRE_FALSE(pid);
  CHECK(pid.error().message ==
        "cannot start /nonexistent/program: execve: no such file or directory (ENOENT)");
}
