#include "common/loop/unix_listener.h"

#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/raw_unix.h"
#include "tests/support/recording_stream.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;
using namespace tamada::loop;

namespace {

class Acceptor final : public AcceptCallbacks {
 public:
  explicit Acceptor(Loop& loop) : listener(std::make_unique<UnixListener>(loop, *this)) {}
  void on_accept(UniqueFd socket, const Address& peer) override {
    CHECK_FALSE(peer.is_set());
    sockets.push_back(std::move(socket));
    if (when_accepted) when_accepted();
  }
  std::unique_ptr<UnixListener> listener;
  std::vector<UniqueFd> sockets;
  std::function<void()> when_accepted;
};

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

std::string error_of(const Result<void>& result) {
  return result ? "ok" : result.error().message;
}

}  // namespace

TEST_CASE("a UNIX-domain socket accepts, and its streams carry bytes both ways", "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  Acceptor acceptor(test.loop);
  REQUIRE(acceptor.listener->bind(folder / "s", 0600));
  CHECK(acceptor.listener->path() == folder / "s");
  const UniqueFd client = raw_unix_client(folder / "s");
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 1; }));
  const auto peer = unix_peer(acceptor.sockets[0].get());
  REQUIRE(peer);
  CHECK(peer->uid == ::getuid());
  CHECK(peer->pid == ::getpid());

  RecordingStream stream(test.loop);
  stream.stream->adopt(std::move(acceptor.sockets[0]));
  stream.stream->set_nodelay(true);  // does nothing, and does no harm
  stream.stream->set_keepalive(1s, 1s, 1);
  stream.stream->read_start();
  raw_send(client, "question");
  REQUIRE(test.run_until([&] { return stream.received == "question"; }));
  stream.write("answer");
  stream.stream->finish(5s);
  Arrived arrived;
  REQUIRE(test.run_until([&] {
    take_arrived(client, arrived);
    return arrived.end;
  }));
  CHECK(arrived.bytes == "answer");
}

TEST_CASE("last bytes over a UNIX-domain socket are not lost to what was left unread", "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  Acceptor acceptor(test.loop);
  REQUIRE(acceptor.listener->bind(folder / "s", 0600));
  const UniqueFd client = raw_unix_client(folder / "s");
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 1; }));
  RecordingStream stream(test.loop);
  stream.stream->adopt(std::move(acceptor.sockets[0]));
  raw_send(client, std::string(50'000, 'x'));
  stream.write("answer");
  stream.stream->finish(5s);
  raw_send(client, "more");
  Arrived arrived;
  REQUIRE(test.run_until([&] {
    take_arrived(client, arrived);
    return arrived.end || arrived.error != 0;
  }));
  CHECK(arrived.bytes == "answer");
  CHECK(arrived.error == 0);
}

TEST_CASE("the file has its mode whatever the umask says, and goes when the listener goes",
          "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
    const mode_t before = ::umask(mask);
    Acceptor acceptor(test.loop);
    const auto bound = acceptor.listener->bind(folder / "s", 0660);
    ::umask(before);
    REQUIRE(bound);
    CHECK(mode_of(folder / "s") == 0660);
    acceptor.listener->close();
    CHECK_FALSE(exists(folder / "s"));
    REQUIRE(acceptor.listener->bind(folder / "s", 0600));
    acceptor.listener.reset();
    CHECK_FALSE(exists(folder / "s"));
  }
}

TEST_CASE("a socket that a dead process left is replaced", "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  REQUIRE(raw_unix_server(folder / "s", true).is_open());  // and closed: the file stays
  REQUIRE(exists(folder / "s"));
  Acceptor acceptor(test.loop);
  REQUIRE(error_of(acceptor.listener->bind(folder / "s", 0600)) == "ok");
  CHECK(raw_unix_client(folder / "s").is_open());
}

TEST_CASE("what is in use is left alone, with an error that says so", "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  Acceptor first(test.loop);
  REQUIRE(first.listener->bind(folder / "s", 0600));
  Acceptor second(test.loop);
  const std::string begin = "cannot listen on " + (folder / "s") + ": ";
  CHECK(error_of(second.listener->bind(folder / "s", 0600)) == begin + "address already in use (EADDRINUSE)");
  CHECK_FALSE(second.listener->is_open());
  second.listener.reset();
  CHECK(raw_unix_client(folder / "s").is_open());
  first.listener->close();

  std::ofstream(folder / "s") << "precious";
  CHECK(error_of(first.listener->bind(folder / "s", 0600)) ==
        begin + "there is a file of that name that is no socket; remove it or choose another name");
  CHECK(exists(folder / "s"));
}

TEST_CASE("a path that cannot be is told in full", "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  Acceptor acceptor(test.loop);
  const std::string missing = folder / "none/s";
  CHECK(error_of(acceptor.listener->bind(missing, 0600)) ==
        "cannot listen on " + missing + ": no such file or directory (ENOENT)");
  const std::string room = folder.path() + "/";
  const std::string fits = room + std::string(107 - room.size(), 'x');
  CHECK(error_of(acceptor.listener->bind(fits + "x", 0600)) ==
        "cannot listen on " + fits + "x: the path has 108 bytes; a socket's path has at most 107");
  CHECK(error_of(acceptor.listener->bind(fits, 0600)) == "ok");
  CHECK(raw_unix_client(fits).is_open());
}

TEST_CASE("a file that somebody else has put in its place stays", "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  Acceptor acceptor(test.loop);
  REQUIRE(acceptor.listener->bind(folder / "s", 0600));
  REQUIRE(::unlink((folder / "s").c_str()) == 0);
  const UniqueFd other = raw_unix_server(folder / "s", true);
  REQUIRE(other.is_open());
  acceptor.listener->close();
  CHECK(exists(folder / "s"));
}

TEST_CASE("clients of a UNIX-domain listener that has stopped wait until it goes on", "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  Acceptor acceptor(test.loop);
  acceptor.when_accepted = [&] { acceptor.listener->stop(); };
  REQUIRE(acceptor.listener->bind(folder / "s", 0600));
  const UniqueFd one = raw_unix_client(folder / "s");
  const UniqueFd two = raw_unix_client(folder / "s");
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 1; }));
  test.run_turns();
  CHECK(acceptor.sockets.size() == 1);
  acceptor.listener->resume();
  CHECK(test.run_until([&] { return acceptor.sockets.size() == 2; }));
}

TEST_CASE("a UNIX-domain listener may go in its own callback", "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  Acceptor acceptor(test.loop);
  acceptor.when_accepted = [&] { acceptor.listener.reset(); };
  REQUIRE(acceptor.listener->bind(folder / "s", 0600));
  const UniqueFd one = raw_unix_client(folder / "s");
  const UniqueFd two = raw_unix_client(folder / "s");
  REQUIRE(test.run_until([&] { return acceptor.sockets.size() == 1; }));
  test.run_turns();
  CHECK(acceptor.sockets.size() == 1);
  CHECK_FALSE(exists(folder / "s"));
}

TEST_CASE(
    "a socket that another process has opened is accepted from, and its file goes with the one that has it",
    "[unix_listener]") {
  LoopFixture test;
  const TemporaryFolder folder;
  Acceptor before(test.loop);
  REQUIRE(before.listener->bind(folder / "s", 0600));
  auto shared = before.listener->share();
  REQUIRE(shared);
  Acceptor after(test.loop);
  REQUIRE(after.listener->adopt(std::move(*shared), folder / "s"));
  before.listener->leave_file();
  before.listener->close();
  REQUIRE(exists(folder / "s"));
  const UniqueFd client = raw_unix_client(folder / "s");
  REQUIRE(test.run_until([&] { return after.sockets.size() == 1; }));
  SECTION("its own") {
    after.listener->own_file();
    after.listener->close();
    CHECK_FALSE(exists(folder / "s"));
  }
  SECTION("somebody else's") {
    after.listener->close();
    CHECK(exists(folder / "s"));
  }
}
