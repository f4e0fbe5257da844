#include "router/api/backend/fresh_cache.h"

#include <memory>

#include "tests/support/loop_fixture.h"

namespace tamada::router {
namespace {

// A maker of numbers, which answers in the next turn.
class NumberCache : public loop::LoopFixture {
 public:
  NumberCache()
      : numbers(loop, 500ms, [this](std::function<void(std::shared_ptr<const int>)> ready) {
          ++made;
          loop.post(
              [ready = std::move(ready), number = made] { ready(std::make_shared<const int>(number)); });
        }) {}

  int get() {
    int got = 0;
    numbers.get([&](const std::shared_ptr<const int>& number) { got = *number; });
    REQUIRE(run_until([&] { return got != 0; }));
    return got;
  }

  int made = 0;
  FreshCache<int> numbers;
};

TEST_CASE_METHOD(NumberCache, "who does not want to wait gets nothing where there is nothing",
                 "[fresh_cache]") {
  CHECK(numbers.recent() == nullptr);
  CHECK(made == 0);
  CHECK(get() == 1);
  numbers.expire();
  CHECK(numbers.recent() == nullptr);
}

TEST_CASE_METHOD(NumberCache, "a value that is no longer fresh is handed out while the next one is made",
                 "[fresh_cache]") {
  std::shared_ptr<const int> old;
  int before = 0;
  // Again where this machine was so slow that the value is too old for anybody.
  REQUIRE(run_until([&] {
    get();
    before = made;
    run_for(510ms);
    old = numbers.recent();
    return old != nullptr;
  }));
  CHECK(*old == before);
  CHECK(made == before + 1);
  REQUIRE(run_until([&] { return *numbers.latest() == before + 1; }));
}

TEST_CASE_METHOD(NumberCache, "one that is more than twice as old is handed to nobody who does not wait",
                 "[fresh_cache]") {
  get();
  run_for(1010ms);
  CHECK(numbers.recent() == nullptr);
  CHECK(made == 1);
  CHECK(get() == 2);
}

}  // namespace
}  // namespace tamada::router
