// Two streams back to back, as the router uses them: reading pauses while the other side's queue is full.
#include <string>

#include "common/loop/signal_watcher.h"
#include "common/loop/splice_pipe.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/recording_stream.h"

using namespace tamada;
using namespace tamada::loop;

namespace {

// One direction's source and sink at once; passes on what it is told to its other half.
class Half final : public StreamCallbacks {
 public:
  explicit Half(Loop& loop) : stream(loop, *this) {}

  void on_bytes(std::span<const std::byte> bytes) override {
    other->stream.write(bytes);
    if (other->stream.queued() != 0) stream.read_stop();
    ++(other->stream.queued() != 0 ? pauses : passes);
  }
  void on_passed(std::size_t bytes) override {
    passed += bytes;
    if (other->stream.queued() != 0) stream.read_stop();
    ++(other->stream.queued() != 0 ? pauses : passes);
  }
  void on_end() override { other->stream.shutdown(); }
  void on_drained() override {
    if (other->stream.is_open()) other->stream.read_start();
  }
  void on_closed(const Error& why) override {
    closed = why.kind;
    other->stream.reset();
  }

  TcpStream stream;
  Half* other = nullptr;
  int pauses = 0;
  int passes = 0;
  std::size_t passed = 0;
  std::optional<ErrorKind> closed;
};

struct Relay {
  explicit Relay(Loop& loop, bool inside_the_kernel = false) : left(loop), right(loop) {
    ignore_sigpipe();
    left.other = &right;
    right.other = &left;
    for (auto [half, end] : {std::pair(&left, &client), std::pair(&right, &server)}) {
      auto [inner, outer] = connected_pair();
      make_narrow(inner);  // so that the way is soon full
      make_narrow(outer);
      half->stream.adopt(std::move(inner));
      half->stream.read_start();
      *end = std::move(outer);
      if (inside_the_kernel) half->stream.pass_to(&half->other->stream);
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
  const bool inside_the_kernel = GENERATE(false, true);
  Relay relay(test.loop, inside_the_kernel);
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
  CHECK((relay.left.passed + relay.right.passed > up.size()) == inside_the_kernel);
}

TEST_CASE("what waits in a pipe is sent before later bytes, before a FIN and by finish()", "[relay]") {
  LoopFixture test;
  Relay relay(test.loop, true);
  const std::string up = pattern(2'000'000);
  std::string_view left = up;
  REQUIRE(test.run_until([&] {
    left = send_some(relay.client, left);
    return relay.left.pauses > 0;
  }));
  const std::string sent = up.substr(0, up.size() - left.size());
  REQUIRE(relay.right.stream.queued() > 0);
  std::string expected = sent.substr(0, relay.left.passed);
  relay.left.stream.close();  // nothing follows from there
  SECTION("later bytes and FIN") {
    relay.right.stream.write(bytes_of("later"));
    relay.right.stream.shutdown();
    expected += "later";
  }
  SECTION("finish") {
    relay.right.stream.finish(30s);
  }
  Arrived at_server;
  REQUIRE(test.run_until([&] {
    take_arrived(relay.server, at_server, 100'000);
    return at_server.end;
  }));
  CHECK(at_server.bytes == expected);
}

TEST_CASE("with no pipe left the bytes go the usual way", "[relay]") {
  LoopFixture test;
  Relay relay(test.loop, true);
  std::vector<std::unique_ptr<SplicePipe>> taken;
  while (auto pipe = test.loop.pipes().take()) taken.push_back(std::move(pipe));
  CHECK(taken.size() == PipeStock::most);
  raw_send(relay.client, "hello");
  Arrived at_server;
  REQUIRE(test.run_until([&] {
    take_arrived(relay.server, at_server);
    return at_server.bytes == "hello";
  }));
  CHECK(relay.left.passed == 0);
  for (auto& pipe : taken) test.loop.pipes().give_back(std::move(pipe));
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
