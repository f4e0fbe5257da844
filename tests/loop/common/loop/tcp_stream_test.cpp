// An open stream: reading, writing, what its queue and its options do.

#include <string>

#include "tests/loop/common/loop/tcp_pair.h"

using namespace tamada;
using namespace tamada::loop;

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
