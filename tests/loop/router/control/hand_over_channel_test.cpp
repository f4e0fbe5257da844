#include "router/control/hand_over_channel.h"

#include <sys/socket.h>

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/loop_fixture.h"

namespace tamada::router {
namespace {

class ChannelFixture : public loop::LoopFixture {
 public:
  ChannelFixture() {
    auto ends = HandOverChannel::make();
    REQUIRE(ends);
    other = std::move(ends->other);
    channel = std::make_unique<HandOverChannel>(
        loop, std::move(ends->own),
        [this](HandOverWord word, const std::string& detail) {
          heard += std::to_string(static_cast<int>(word)) + detail + ";";
          if (destroy) channel.reset();
        },
        [this] {
          heard += "end;";
          if (destroy) channel.reset();
        });
  }
  UniqueFd other;
  std::unique_ptr<HandOverChannel> channel;
  std::string heard;
  bool destroy = false;
};

TEST_CASE_METHOD(ChannelFixture, "words come one by one with what belongs to them, and then the end",
                 "[hand_over_channel]") {
  HandOverChannel::send(other.get(), HandOverWord::prepared, {});
  HandOverChannel::send(other.get(), HandOverWord::failed, "for a reason");
  other.reset();
  CHECK(run_until([&] { return heard.ends_with("end;"); }));
  CHECK(heard == "0;4for a reason;end;");
}

TEST_CASE_METHOD(ChannelFixture, "a word of another version is left alone", "[hand_over_channel]") {
  constexpr std::string_view unknown = "promoted to something";
  REQUIRE(::send(other.get(), unknown.data(), unknown.size(), 0) > 0);
  HandOverChannel::send(other.get(), HandOverWord::serving, {});
  CHECK(run_until([&] { return !heard.empty(); }));
  CHECK(heard == "2;");
}

TEST_CASE_METHOD(ChannelFixture, "a channel may go while it tells", "[hand_over_channel]") {
  destroy = true;
  SECTION("a word") {
    HandOverChannel::send(other.get(), HandOverWord::go, {});
  }
  SECTION("the end") {
    other.reset();
  }
  CHECK(run_until([&] { return channel == nullptr; }));
}

TEST_CASE_METHOD(ChannelFixture, "what is sent to one that has gone is lost, and costs nothing",
                 "[hand_over_channel]") {
  other.reset();
  channel->send(HandOverWord::go);
  CHECK(run_until([&] { return heard == "end;"; }));
}

}  // namespace
}  // namespace tamada::router
