// An open stream: reading, writing, both kinds of end.
#include <fcntl.h>

#include <csignal>
#include <string>

#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/recording_stream.h"

using namespace tamada;
using namespace tamada::loop;

namespace {

// A stream on one end of a connection, a plain socket on the other.
struct Pair {
  explicit Pair(LoopFixture& fixture) : test(fixture), stream(fixture.loop) {
    auto [one, other] = connected_pair();
    peer = std::move(other);
    stream.stream->adopt(std::move(one));
  }
  // The way to the peer is full: something is queued. What was written altogether.
  std::string fill() const {
    std::string all;
    const std::string chunk(100000, 'x');
    while (stream.stream->queued() == 0) {
      stream.write(chunk);
      all += chunk;
    }
    return all;
  }
  bool drain_peer_until(const std::function<bool()>& condition) {
    return test.run_until([&] {
      take_arrived(peer, arrived);
      return condition();
    });
  }
  // The peer breaks off with RST.
  void peer_resets() {
    make_close_reset(peer.get());
    peer.reset();
  }

  LoopFixture& test;
  RecordingStream stream;
  UniqueFd peer;
  Arrived arrived;
};

}  // namespace

TEST_CASE("an idle stream costs its own size and no heap", "[tcp_stream]") {
  CHECK(sizeof(TcpStream) <= 152);
}

TEST_CASE("while writing is held the kernel gets nothing, and afterwards everything in order",
          "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  std::string sent;
  SECTION("nothing was queued before") {}
  SECTION("something was") {
    sent = pair.fill();
  }
  pair.stream.stream->hold_writing(true);
  const std::size_t queued = pair.stream.stream->queued();
  pair.stream.write("held");
  sent += "held";
  CHECK(pair.stream.stream->queued() == queued + 4);
  pair.drain_peer_until([&] { return pair.arrived.bytes.size() + queued + 4 == sent.size(); });
  test.run_for(20ms);
  take_arrived(pair.peer, pair.arrived);
  CHECK(pair.arrived.bytes.size() + queued + 4 == sent.size());
  CHECK(pair.stream.stream->queued() == queued + 4);
  SECTION("let go") {
    pair.stream.stream->hold_writing(false);
    REQUIRE(pair.drain_peer_until([&] { return pair.arrived.bytes.size() == sent.size(); }));
    CHECK(pair.arrived.bytes == sent);
  }
  SECTION("finished: what is held is not sent") {
    pair.stream.stream->finish(1s);
    REQUIRE(pair.drain_peer_until([&] { return pair.arrived.end || pair.arrived.error != 0; }));
    CHECK(pair.arrived.bytes.size() + queued + 4 == sent.size());
  }
}

TEST_CASE("bytes go both ways, and nothing is read before read_start()", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  raw_send(pair.peer, "hello");
  test.run_for(10ms);
  CHECK(pair.stream.events.empty());
  pair.stream.stream->read_start();
  REQUIRE(test.run_until([&] { return pair.stream.received == "hello"; }));
  pair.stream.write("answer");
  CHECK(pair.stream.stream->queued() == 0);
  REQUIRE(pair.drain_peer_until([&] { return pair.arrived.bytes == "answer"; }));
}

TEST_CASE("read_stop() keeps bytes and end back until read_start(), from inside a callback too",
          "[tcp_stream]") {
  LoopFixture test(16);  // a small buffer: many reads for one message
  Pair pair(test);
  int calls = 0;
  pair.stream.when_bytes = [&] {
    if (++calls == 1) pair.stream.stream->read_stop();
  };
  pair.stream.stream->read_start();
  raw_send(pair.peer, std::string(100, 'a'));
  ::shutdown(pair.peer.get(), SHUT_WR);
  test.run_for(20ms);
  CHECK(calls == 1);
  CHECK(pair.stream.received.size() == 16);
  pair.stream.stream->read_start();
  REQUIRE(test.run_until([&] { return pair.stream.events.ends_with("end "); }));
  CHECK(pair.stream.received == std::string(100, 'a'));
  CHECK(pair.stream.events == "bytes end ");
}

TEST_CASE("a paused stream does not keep the loop busy, even when its peer has gone", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  pair.stream.stream->read_start();
  pair.stream.stream->read_stop();
  raw_send(pair.peer, "unread");
  const bool reset = GENERATE(false, true);
  if (reset) {
    pair.peer_resets();
  } else {
    pair.peer.reset();
  }
  test.run_for(10ms);
  int turns = 0;
  test.loop.set_turn_hook([&] { ++turns; });
  test.run_for(50ms);
  test.loop.set_turn_hook(nullptr);
  CHECK(turns < 40);  // about ten, by run_for()'s own timer
  CHECK(pair.stream.events.empty());
  pair.stream.stream->read_start();
  REQUIRE(test.run_until([&] { return pair.stream.events.size() > 6; }));
  CHECK(pair.stream.received == "unread");
  CHECK(pair.stream.events == (reset ? "bytes closed " : "bytes end "));
}

TEST_CASE("what the kernel does not take is queued, and on_drained tells when it is gone", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  std::string expected = pair.fill();
  for (int i = 0; i < 20; ++i) {
    const std::string more = "part " + std::to_string(i);
    pair.stream.write(more);
    expected += more;
  }
  CHECK(pair.stream.events.empty());
  REQUIRE(pair.drain_peer_until([&] { return pair.arrived.bytes.size() == expected.size(); }));
  CHECK(pair.arrived.bytes == expected);
  REQUIRE(test.run_until([&] { return pair.stream.events == "drained "; }));
  CHECK(pair.stream.stream->queued() == 0);
  pair.stream.write("small");  // nothing queued, nothing to drain
  test.run_turns();
  CHECK(pair.stream.events == "drained ");
}

TEST_CASE("writing from inside on_drained fills the queue again", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  std::size_t total = pair.fill().size();
  int rounds = 0;
  pair.stream.when_drained = [&] {
    if (++rounds < 3) total += pair.fill().size();
  };
  REQUIRE(pair.drain_peer_until([&] { return rounds == 3; }));
  REQUIRE(pair.drain_peer_until([&] { return pair.arrived.bytes.size() == total; }));
}

TEST_CASE("try_write() takes what fits and nothing when the way is full", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  const std::string chunk(1000000, 'x');
  std::size_t total = 0;
  for (;;) {
    const auto taken = pair.stream.stream->try_write(bytes_of(chunk));
    REQUIRE(taken);
    total += *taken;
    if (*taken == 0) break;
  }
  CHECK(total > 0);
  CHECK(pair.stream.stream->queued() == 0);
  REQUIRE(pair.drain_peer_until([&] { return pair.arrived.bytes.size() == total; }));
}

TEST_CASE("shutdown() sends FIN after what is queued, and reading goes on", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  pair.stream.stream->read_start();
  const std::string all = pair.fill();
  pair.stream.stream->shutdown();
  pair.stream.stream->shutdown();  // again: no harm
  REQUIRE(pair.drain_peer_until([&] { return pair.arrived.end; }));
  CHECK(pair.arrived.bytes == all);
  raw_send(pair.peer, "still talking");
  REQUIRE(test.run_until([&] { return pair.stream.received == "still talking"; }));
  pair.peer.reset();
  REQUIRE(test.run_until([&] { return pair.stream.events.ends_with("end "); }));
  // Both sides have ended: nothing more to tell, nothing to spin on.
  int turns = 0;
  test.loop.set_turn_hook([&] { ++turns; });
  test.run_for(50ms);
  test.loop.set_turn_hook(nullptr);
  CHECK(turns < 40);
  CHECK(pair.stream.events == "drained bytes end ");
  CHECK(pair.stream.stream->is_open());
}

TEST_CASE("after the peer's FIN one may go on writing to it", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  pair.stream.stream->read_start();
  raw_send(pair.peer, "last words");
  ::shutdown(pair.peer.get(), SHUT_WR);
  REQUIRE(test.run_until([&] { return pair.stream.events == "bytes end "; }));
  const std::string all = pair.fill();
  REQUIRE(pair.drain_peer_until([&] { return pair.arrived.bytes.size() == all.size(); }));
  REQUIRE(test.run_until([&] { return pair.stream.events == "bytes end drained "; }));
}

TEST_CASE("a reset by the peer is told as such, after the bytes before it", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  const std::string peer_name = socket_address(pair.peer.get()).to_string();
  raw_send(pair.peer, "before");
  pair.peer_resets();
  pair.stream.stream->read_start();
  REQUIRE(test.run_until([&] { return pair.stream.closed.has_value(); }));
  CHECK(pair.stream.events == "bytes closed ");
  CHECK(pair.stream.received == "before");
  CHECK(*pair.stream.closed ==
        Error{ErrorKind::reset, "connection with " + peer_name + ": connection reset by peer (ECONNRESET)"});
  CHECK_FALSE(pair.stream.stream->is_open());
  CHECK(pair.stream.stream->peer_address().to_string() == peer_name);
}

TEST_CASE("a reset after the peer's FIN is told too", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  pair.stream.stream->read_start();
  ::shutdown(pair.peer.get(), SHUT_WR);
  REQUIRE(test.run_until([&] { return pair.stream.events == "end "; }));
  pair.peer_resets();
  REQUIRE(test.run_until([&] { return pair.stream.closed.has_value(); }));
  CHECK(pair.stream.closed->kind == ErrorKind::reset);
  CHECK(pair.stream.events == "end closed ");
}

TEST_CASE("writing to a peer that has gone tells on_closed in a later turn, and raises no SIGPIPE",
          "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  const bool reading = GENERATE(false, true);
  if (reading) pair.stream.stream->read_start();
  raw_send(pair.peer, "last words");
  pair.peer_resets();
  pair.stream.write("one");
  pair.stream.write("two");
  pair.stream.write("three");
  CHECK(pair.stream.events.empty());
  REQUIRE(test.run_until([&] { return pair.stream.closed.has_value(); }));
  CHECK(pair.stream.closed->kind == ErrorKind::reset);
  // Who reads gets the last words first: a FATAL of the server, say.
  CHECK(pair.stream.events == (reading ? "bytes closed " : "closed "));
  CHECK(pair.stream.received == (reading ? "last words" : ""));
}

TEST_CASE("a queue towards a peer that resets ends in on_closed", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  static_cast<void>(pair.fill());
  pair.peer_resets();
  REQUIRE(test.run_until([&] { return pair.stream.closed.has_value(); }));
  CHECK(pair.stream.events == "closed ");
  CHECK(pair.stream.closed->kind == ErrorKind::reset);
}

TEST_CASE("reset() reaches the peer as RST, and drops what was queued", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  pair.stream.stream->reset();
  REQUIRE(is_readable(pair.peer, 5000));
  take_arrived(pair.peer, pair.arrived);
  CHECK(pair.arrived.error == ECONNRESET);
  test.run_turns();
  CHECK(pair.stream.events.empty());
}

TEST_CASE("close() reaches the peer as FIN", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  pair.stream.stream->read_start();
  pair.stream.stream->close();
  REQUIRE(is_readable(pair.peer, 5000));
  take_arrived(pair.peer, pair.arrived);
  CHECK(pair.arrived.end);
  CHECK(pair.arrived.error == 0);
}

TEST_CASE("after one's own close nothing is told, whatever was on its way", "[tcp_stream]") {
  LoopFixture test;
  using Verb = void (*)(TcpStream&);
  const auto verb = GENERATE(Verb([](TcpStream& s) { s.close(); }), Verb([](TcpStream& s) { s.reset(); }),
                             Verb([](TcpStream& s) { s.finish(5s); }));
  const bool after_failed_write = GENERATE(false, true);
  Pair pair(test);
  pair.stream.stream->read_start();
  raw_send(pair.peer, "bytes");
  pair.peer_resets();
  if (after_failed_write) pair.stream.write("x");
  verb(*pair.stream.stream);
  test.run_for(10ms);
  CHECK(pair.stream.events.empty());
}

TEST_CASE("a stream may be destroyed inside each of its callbacks", "[tcp_stream]") {
  LoopFixture test(16);
  Pair pair(test);
  const auto die = [&] { pair.stream.stream.reset(); };
  SECTION("bytes") {
    pair.stream.when_bytes = die;
    pair.stream.stream->read_start();
    raw_send(pair.peer, std::string(100, 'x'));
    REQUIRE(test.run_until([&] { return pair.stream.stream == nullptr; }));
    CHECK(pair.stream.received.size() == 16);
  }
  SECTION("end") {
    pair.stream.when_end = die;
    pair.stream.stream->read_start();
    pair.peer.reset();
  }
  SECTION("drained") {
    pair.stream.when_drained = die;
    static_cast<void>(pair.fill());
    REQUIRE(pair.drain_peer_until([&] { return pair.stream.stream == nullptr; }));
  }
  SECTION("closed") {
    pair.stream.when_closed = die;
    pair.stream.stream->read_start();
    pair.peer_resets();
  }
  REQUIRE(test.run_until([&] { return pair.stream.stream == nullptr; }));
  test.run_turns();
}

TEST_CASE("a stream may be closed and used for another socket inside its own callback", "[tcp_stream]") {
  LoopFixture test(16);
  Pair pair(test);
  auto [fresh, fresh_peer] = connected_pair();
  pair.stream.when_bytes = [&, swapped = false]() mutable {
    if (std::exchange(swapped, true)) return;
    pair.stream.stream->close();
    pair.stream.stream->adopt(std::move(fresh));
    pair.stream.stream->read_start();
    pair.stream.received.clear();
  };
  pair.stream.stream->read_start();
  raw_send(pair.peer, std::string(100, 'o'));
  raw_send(fresh_peer, "new");
  REQUIRE(test.run_until([&] { return pair.stream.received == "new"; }));
}

TEST_CASE("release() gives the socket away with nothing lost", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  pair.stream.stream->read_start();
  raw_send(pair.peer, "first");
  REQUIRE(test.run_until([&] { return pair.stream.received == "first"; }));
  pair.stream.stream->read_stop();
  raw_send(pair.peer, "second");
  UniqueFd socket = pair.stream.stream->release();
  REQUIRE(socket.is_open());
  CHECK_FALSE(pair.stream.stream->is_open());

  Loop other;
  {
    RecordingStream moved(other);
    moved.stream->adopt(std::move(socket));
    moved.stream->read_start();
    while (moved.received != "second") other.run_once(Loop::Wait::once);
    moved.write("from the other loop");
  }
  REQUIRE(is_readable(pair.peer, 5000));
  take_arrived(pair.peer, pair.arrived);
  CHECK(pair.arrived.bytes == "from the other loop");
  test.run_turns();
  CHECK(pair.stream.events == "bytes ");
}

TEST_CASE("socket options reach the kernel", "[tcp_stream]") {
  LoopFixture test;
  Pair pair(test);
  pair.stream.stream->set_nodelay(true);
  pair.stream.stream->set_keepalive(60s, 10s, 3);
  pair.stream.stream->set_user_timeout(1500ms);
  const auto value = [&](int level, int name) {
    int number = -1;
    socklen_t size = sizeof number;
    getsockopt(pair.stream.stream->fd(), level, name, &number, &size);
    return number;
  };
  CHECK(value(IPPROTO_TCP, 1 /* TCP_NODELAY */) == 1);
  CHECK(value(SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(value(IPPROTO_TCP, 4 /* TCP_KEEPIDLE */) == 60);
  CHECK(value(IPPROTO_TCP, 5 /* TCP_KEEPINTVL */) == 10);
  CHECK(value(IPPROTO_TCP, 6 /* TCP_KEEPCNT */) == 3);
  CHECK(value(IPPROTO_TCP, 18 /* TCP_USER_TIMEOUT */) == 1500);
}

TEST_CASE("one busy stream does not keep the others waiting", "[tcp_stream]") {
  LoopFixture test(1024);
  Pair busy(test);
  Pair quiet(test);
  std::size_t busy_before_quiet = 0;
  quiet.stream.when_bytes = [&] { busy_before_quiet = busy.stream.received.size(); };
  raw_send(busy.peer, std::string(200000, 'b'));
  raw_send(quiet.peer, "q");
  busy.stream.stream->read_start();
  quiet.stream.stream->read_start();
  REQUIRE(test.run_until([&] { return !quiet.stream.received.empty(); }));
  CHECK(busy_before_quiet <= 4 * 1024);
  REQUIRE(test.run_until([&] { return busy.stream.received.size() == 200000; }));
}
