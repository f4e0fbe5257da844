#include "common/loop/lifetime.h"

#include <catch2/catch.hpp>

#include <memory>
#include <thread>
#include <vector>

#include "tests/support/loop_fixture.h"

namespace tamada::loop {
namespace {

struct Thing {
  int number = 7;
  Lifetime lifetime;
  WeakHandles<Thing> handles{*this};
};

TEST_CASE("a watch sees that its object was destroyed, and that it was ended", "[lifetime]") {
  auto thing = std::make_unique<Thing>();
  SECTION("neither") {
    const Lifetime::Watch watch(thing->lifetime);
    CHECK_FALSE(watch.is_over());
  }
  SECTION("destroyed, under two nested watches") {
    const Lifetime::Watch outer(thing->lifetime);
    {
      const Lifetime::Watch inner(thing->lifetime);
      thing.reset();
      CHECK(inner.is_over());
    }
    CHECK(outer.is_over());
  }
  SECTION("the inner watch has gone before") {
    const Lifetime::Watch outer(thing->lifetime);
    { const Lifetime::Watch inner(thing->lifetime); }
    CHECK_FALSE(outer.is_over());
    thing.reset();
    CHECK(outer.is_over());
  }
  SECTION("ended: later watches begin anew") {
    const Lifetime::Watch before(thing->lifetime);
    thing->lifetime.end();
    const Lifetime::Watch after(thing->lifetime);
    CHECK(before.is_over());
    CHECK_FALSE(after.is_over());
    thing.reset();
    CHECK(after.is_over());
  }
}

TEST_CASE("a handle leads to its object for as long as it is there", "[lifetime]") {
  CHECK(WeakHandle<Thing>().get() == nullptr);
  auto thing = std::make_unique<Thing>();
  const WeakHandle<Thing> handle = thing->handles.handle();
  const WeakHandle<Thing> copy = handle;
  REQUIRE(handle.get() == thing.get());
  CHECK(copy.get()->number == 7);
  SECTION("destroyed") {
    thing.reset();
  }
  SECTION("ended") {
    thing->handles.end();
    CHECK(thing->handles.handle().get() == nullptr);
  }
  CHECK(handle.get() == nullptr);
  CHECK(copy.get() == nullptr);
}

TEST_CASE_METHOD(LoopFixture, "what other threads post finds the object or nobody", "[lifetime]") {
  auto thing = std::make_unique<Thing>();
  int found = 0;
  int lost = 0;
  const auto post_many = [&] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 100; ++n) {
          loop.post([&, handle = thing->handles.handle()] { ++(handle.get() != nullptr ? found : lost); });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  post_many();
  REQUIRE(run_until([&] { return found + lost == 400; }));
  CHECK(found == 400);
  post_many();
  thing.reset();
  REQUIRE(run_until([&] { return found + lost == 800; }));
  CHECK(found == 400);
}

}  // namespace
}  // namespace tamada::loop
