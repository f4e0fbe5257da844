#pragma once

#include <functional>
#include <string>
#include <utility>

#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/recording_stream.h"

namespace tamada::loop {

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

}  // namespace tamada::loop
