#include "common/loop/cross_loop_call.h"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/loop/loop_thread.h"
#include "tests/support/loop_fixture.h"

namespace tamada::loop {
namespace {

// The other loop, which counts on request, and keeps the replies that it is told to keep.
struct OtherLoop : LoopFixture {
  OtherLoop() {
    other = std::make_unique<LoopThread>("other");
    other->start();
  }
  ~OtherLoop() { end_other(); }
  OtherLoop(const OtherLoop&) = delete;
  OtherLoop& operator=(const OtherLoop&) = delete;

  void end_other() {
    if (other == nullptr) return;
    other->call([this] { kept.clear(); });
    other.reset();
  }

  CrossLoopCall ask_and_keep() {
    return CrossLoopCall::ask<int>(
        loop, other->loop().poster(), [this](const CrossLoopReply<int>& reply) { kept.push_back(reply); },
        [this](std::optional<int> answer) { answers.push_back(answer); });
  }

  std::unique_ptr<LoopThread> other;
  std::vector<CrossLoopReply<int>> kept;  // the other thread's
  std::vector<std::optional<int>> answers;
};

TEST_CASE_METHOD(OtherLoop, "the question runs there, the answer here", "[cross_loop_call]") {
  std::thread::id asked_on;
  std::thread::id answered_on;
  std::optional<std::string> told;
  CrossLoopCall call = CrossLoopCall::ask<std::string>(
      loop, other->loop().poster(),
      [&](const CrossLoopReply<std::string>& reply) {
        asked_on = std::this_thread::get_id();
        reply("first");
        reply("second");
      },
      [&](std::optional<std::string> answer) {
        answered_on = std::this_thread::get_id();
        CHECK_FALSE(told.has_value());
        told = std::move(answer);
      });
  CHECK(call.is_pending());
  REQUIRE(run_until([&] { return !call.is_pending(); }));
  CHECK(told == "first");
  CHECK(answered_on == std::this_thread::get_id());
  CHECK(asked_on != answered_on);
}

TEST_CASE_METHOD(OtherLoop, "an answer may come later", "[cross_loop_call]") {
  CrossLoopCall call = ask_and_keep();
  other->call([] {});  // the question has been asked
  run_turns();
  CHECK(answers.empty());
  other->call([this] { kept.front()(42); });
  REQUIRE(run_until([&] { return !answers.empty(); }));
  CHECK(answers.front() == 42);
  other->call([this] { kept.clear(); });
  run_turns();
  CHECK(answers.size() == 1);
}

TEST_CASE_METHOD(OtherLoop, "who cannot be answered is told so", "[cross_loop_call]") {
  CrossLoopCall call;
  SECTION("the reply was dropped") {
    call = ask_and_keep();
    other->call([this] { kept.clear(); });
  }
  SECTION("the other loop ends with the question unasked") {
    Loop idle;
    call = CrossLoopCall::ask<int>(
        loop, idle.poster(), [](const CrossLoopReply<int>& reply) { reply(1); },
        [this](std::optional<int> answer) { answers.push_back(answer); });
    CHECK(idle.close().empty());
  }
  SECTION("the other loop had gone before") {
    const LoopPoster gone = other->loop().poster();
    end_other();
    call = CrossLoopCall::ask<int>(
        loop, gone, [](const CrossLoopReply<int>& reply) { reply(1); },
        [this](std::optional<int> answer) { answers.push_back(answer); });
    CHECK(answers.empty());  // never from inside the call
  }
  REQUIRE(run_until([&] { return !answers.empty(); }));
  CHECK_FALSE(answers.front().has_value());
  CHECK_FALSE(call.is_pending());
}

TEST_CASE_METHOD(OtherLoop, "a call that was cancelled is not answered", "[cross_loop_call]") {
  auto held = std::make_shared<int>(0);
  auto call = std::make_unique<CrossLoopCall>(CrossLoopCall::ask<int>(
      loop, other->loop().poster(), [this](const CrossLoopReply<int>& reply) { kept.push_back(reply); },
      [this, held](std::optional<int> answer) { answers.push_back(answer); }));
  SECTION("before the answer: what the answer holds goes at once") {
    other->call([] {});
    call.reset();
    CHECK(held.use_count() == 1);
    other->call([this] { kept.front()(1); });
  }
  SECTION("while the answer is on its way") {
    other->call([this] { kept.front()(1); });
    call->cancel();
    CHECK_FALSE(call->is_pending());
  }
  SECTION("replaced") {
    other->call([] {});
    *call = CrossLoopCall();
    other->call([this] { kept.front()(1); });
  }
  run_turns();
  CHECK(answers.empty());
}

TEST_CASE_METHOD(OtherLoop, "a call may be replaced and destroyed in its answer", "[cross_loop_call]") {
  auto call = std::make_unique<CrossLoopCall>();
  const auto question = [](const CrossLoopReply<int>& reply) { reply(1); };
  int answered = 0;
  *call = CrossLoopCall::ask<int>(loop, other->loop().poster(), question, [&](std::optional<int>) {
    ++answered;
    *call = CrossLoopCall::ask<int>(loop, other->loop().poster(), question, [&](std::optional<int>) {
      call.reset();
      ++answered;
    });
  });
  REQUIRE(run_until([&] { return answered == 2; }));
  CHECK(call == nullptr);
}

TEST_CASE("an answer to a loop that has gone finds nobody", "[cross_loop_call]") {
  LoopThread other("other");
  std::vector<CrossLoopReply<int>> kept;
  other.start();
  {
    Loop mine;
    const CrossLoopCall call = CrossLoopCall::ask<int>(
        mine, other.loop().poster(), [&](const CrossLoopReply<int>& reply) { kept.push_back(reply); },
        [](std::optional<int>) { FAIL("nobody is there to be told"); });
    other.call([] {});
  }
  other.call([&] {
    CHECK(kept.size() == 1);
    kept.front()(3);
    kept.clear();
  });
}

}  // namespace
}  // namespace tamada::loop
