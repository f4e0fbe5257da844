// How a stream ends: by either side's FIN or RST, and inside its own callbacks.
#include <string>

#include "tests/loop/common/loop/tcp_pair.h"

using namespace tamada;
using namespace tamada::loop;

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
