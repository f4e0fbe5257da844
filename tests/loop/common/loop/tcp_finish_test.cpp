// finish(): the last bytes arrive, although their sender has let go.
#include <string>

#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/recording_stream.h"

using namespace tamada;
using namespace tamada::loop;

namespace {

std::string fill(const RecordingStream& stream) {
  std::string all;
  const std::string chunk(100000, 'x');
  while (stream.stream->queued() < 300000) {
    stream.write(chunk);
    all += chunk;
  }
  return all;
}

}  // namespace

TEST_CASE("finish() delivers everything queued to a slow reader, then FIN", "[tcp_stream]") {
  LoopFixture test;
  RecordingStream stream(test.loop);
  auto [one, peer] = connected_pair();
  stream.stream->adopt(std::move(one));
  const std::string all = fill(stream);
  stream.stream->finish(20s);
  CHECK_FALSE(stream.stream->is_open());
  stream.stream.reset();  // the socket is the loop's now
  CHECK(test.loop.open_handle_count(HandleKind::lingering_socket) == 1);

  Arrived arrived;
  REQUIRE(test.run_until([&, &peer = peer] {
    take_arrived(peer, arrived, 20000);  // a little in each turn
    return arrived.end;
  }));
  CHECK(arrived.bytes == all);
  CHECK(arrived.error == 0);
  CHECK(stream.events.empty());
  // It goes when the peer has closed, too.
  peer.reset();
  REQUIRE(test.run_until([&] { return test.loop.open_handle_count(HandleKind::lingering_socket) == 0; }));
}

TEST_CASE("unread bytes of the peer do not turn finish() into a RST", "[tcp_stream]") {
  LoopFixture test;
  RecordingStream stream(test.loop);
  auto [one, peer] = connected_pair();
  stream.stream->adopt(std::move(one));
  raw_send(peer, std::string(100000, 'u'));
  REQUIRE(is_readable(UniqueFd(::dup(stream.stream->fd())), 5000));
  stream.write("FATAL: goodbye");
  stream.stream->finish(20s);
  raw_send(peer, "and more");
  ::shutdown(peer.get(), SHUT_WR);
  REQUIRE(test.run_until([&] { return test.loop.open_handle_count(HandleKind::lingering_socket) == 0; }));
  Arrived arrived;
  take_arrived(peer, arrived);
  CHECK(arrived.bytes == "FATAL: goodbye");
  CHECK(arrived.end);
  CHECK(arrived.error == 0);
}

TEST_CASE("finish() gives up at its deadline on a peer that never reads", "[tcp_stream]") {
  LoopFixture test;
  RecordingStream stream(test.loop);
  auto [one, peer] = connected_pair();
  stream.stream->adopt(std::move(one));
  static_cast<void>(fill(stream));
  const TimePoint started = boot_now();
  stream.stream->finish(30ms);
  REQUIRE(test.run_until([&] { return test.loop.open_handle_count(HandleKind::lingering_socket) == 0; }));
  CHECK(boot_now() - started >= 30ms);
}

TEST_CASE("finish() does not wait for a peer that has ended already", "[tcp_stream]") {
  LoopFixture test;
  RecordingStream stream(test.loop);
  auto [one, peer] = connected_pair();
  stream.stream->adopt(std::move(one));
  stream.stream->read_start();
  ::shutdown(peer.get(), SHUT_WR);
  REQUIRE(test.run_until([&] { return stream.events == "end "; }));
  stream.write("bye");
  stream.stream->finish(60min);
  test.run_turns();
  CHECK(test.loop.open_handle_count(HandleKind::lingering_socket) == 0);
  Arrived arrived;
  REQUIRE(is_readable(peer, 5000));
  take_arrived(peer, arrived);
  CHECK(arrived.bytes == "bye");
}

TEST_CASE("finish() ends at once when the peer breaks off", "[tcp_stream]") {
  LoopFixture test;
  RecordingStream stream(test.loop);
  auto [one, peer] = connected_pair();
  stream.stream->adopt(std::move(one));
  static_cast<void>(fill(stream));
  stream.stream->finish(60min);
  make_close_reset(peer.get());
  peer.reset();
  REQUIRE(test.run_until([&] { return test.loop.open_handle_count(HandleKind::lingering_socket) == 0; }));
}

TEST_CASE("finish() while connecting is close()", "[tcp_stream]") {
  LoopFixture test;
  const UniqueFd server = raw_server();
  RecordingStream stream(test.loop);
  stream.stream->connect(socket_address(server.get()), 5s);
  stream.stream->finish(5s);
  test.run_for(10ms);
  CHECK(stream.events.empty());
  CHECK(test.loop.open_handles().empty());
}

TEST_CASE("a loop that ends closes the sockets that still say goodbye", "[tcp_stream]") {
  auto [one, peer] = connected_pair();
  {
    Loop loop;
    RecordingStream stream(loop);
    stream.stream->adopt(std::move(one));
    stream.stream->finish(60min);
    stream.stream.reset();
    CHECK(loop.close().empty());
  }
  Arrived arrived;
  REQUIRE(is_readable(peer, 5000));
  take_arrived(peer, arrived);
  CHECK(arrived.end);
}
