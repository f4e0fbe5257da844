// Two streams back to back, as the router uses them: reading pauses while the other side's queue is full.
#include <string>

#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/recording_stream.h"

using namespace tamada;
using namespace tamada::loop;

namespace {

// One direction's source and sink at once; passes on what it is told to its other half.
class Half final : public StreamListener {
 public:
  explicit Half(Loop& loop) : stream(loop, *this) {}

  void on_bytes(std::span<const std::byte> bytes) override {
    other->stream.write(bytes);
    if (other->stream.queued() != 0) stream.read_stop();
    ++(other->stream.queued() != 0 ? pauses : passes);
  }
  void on_end() override { other->stream.shutdown(); }
  void on_drained() override { other->stream.read_start(); }
  void on_closed(const Error& why) override {
    closed = why.kind;
    other->stream.reset();
  }

  TcpStream stream;
  Half* other = nullptr;
  int pauses = 0;
  int passes = 0;
  std::optional<ErrorKind> closed;
};

struct Relay {
  explicit Relay(Loop& loop) : left(loop), right(loop) {
    left.other = &right;
    right.other = &left;
    for (auto [half, end] : {std::pair(&left, &client), std::pair(&right, &server)}) {
      auto [inner, outer] = connected_pair();
      make_narrow(inner);  // so that the way is soon full
      make_narrow(outer);
      half->stream.adopt(std::move(inner));
      half->stream.read_start();
      *end = std::move(outer);
    }
  }
  Half left;
  Half right;
  UniqueFd client;
  UniqueFd server;
};

// Sends as much as the kernel takes; returns how much is left.
std::string_view send_some(const UniqueFd& fd, std::string_view text) {
  const ssize_t n = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  return text;
}

std::string pattern(std::size_t size) {
  std::string text(size, ' ');
  std::uint32_t state = 12345;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

}  // namespace

TEST_CASE("a relay between a fast sender and a slow reader loses and reorders nothing, both ways",
          "[relay]") {
  LoopFixture test(GENERATE(std::size_t{4096}, std::size_t{256} * 1024));
  Relay relay(test.loop);
  const std::string up = pattern(8'000'000);
  const std::string down = pattern(6'000'000);
  std::string_view up_left = up;
  std::string_view down_left = down;
  Arrived at_server;
  Arrived at_client;
  REQUIRE(test.run_until([&] {
    up_left = send_some(relay.client, up_left);
    down_left = send_some(relay.server, down_left);
    // The readers begin when the way is full, and then take a little at a time.
    if (relay.left.pauses > 0) take_arrived(relay.server, at_server, 100'000);
    if (relay.right.pauses > 0) take_arrived(relay.client, at_client, 70'000);
    return at_server.bytes.size() == up.size() && at_client.bytes.size() == down.size();
  }));
  CHECK(at_server.bytes == up);
  CHECK(at_client.bytes == down);

  ::shutdown(relay.client.get(), SHUT_WR);
  REQUIRE(test.run_until([&] {
    take_arrived(relay.server, at_server);
    return at_server.end;
  }));
  raw_send(relay.server, "after the client's FIN");
  relay.server.reset();
  REQUIRE(test.run_until([&] {
    take_arrived(relay.client, at_client);
    return at_client.end;
  }));
  CHECK(at_client.bytes == down + "after the client's FIN");
}

TEST_CASE("a reset on one side can be passed on as a reset to the other", "[relay]") {
  LoopFixture test;
  Relay relay(test.loop);
  make_close_reset(relay.server.get());
  relay.server.reset();
  Arrived at_client;
  REQUIRE(test.run_until([&] {
    take_arrived(relay.client, at_client);
    return at_client.end || at_client.error != 0;
  }));
  CHECK(at_client.error == ECONNRESET);
  CHECK(relay.right.closed == ErrorKind::reset);
}
