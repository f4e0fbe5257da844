#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include "tests/simulation/engine/random.h"
#include "tests/simulation/engine/scheduler.h"

using namespace tamada;
using namespace tamada::simulation;

TEST_CASE("the numbers of a seed are xoshiro256**'s, on every machine", "[random]") {
  // From the reference implementation: the state is splitmix64's first four numbers for the seed.
  Random random(0);
  CHECK(random.next() == 11091344671253066420U);
  CHECK(random.next() == 13793997310169335082U);
  CHECK(random.next() == 1900383378846508768U);
}

TEST_CASE("each number below a bound comes about as often as the others", "[random]") {
  Random random(7);
  std::vector<int> counts(10, 0);
  for (int i = 0; i < 100000; ++i) ++counts[random.below(10)];
  for (const int count : counts) {
    CHECK(count > 9500);
    CHECK(count < 10500);
  }
}

TEST_CASE("a number between two ends may be either of them, also at the ends of the type", "[random]") {
  Random random(3);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.between(-2, 2));
  CHECK(seen == std::set<std::int64_t>{-2, -1, 0, 1, 2});
  CHECK(random.between(std::int64_t{5}, std::int64_t{5}) == 5);
  (void)random.between(INT64_MIN, INT64_MAX);
  const Duration delay = random.between(3ms, 4ms);
  CHECK(delay >= 3ms);
  CHECK(delay <= 4ms);
}

TEST_CASE("a fork draws nothing from its origin, and each label gives other numbers", "[random]") {
  Random one(5);
  Random other(5);
  Random left = one.fork(1);
  Random right = one.fork(2);
  Random again = one.fork(1);
  CHECK(left.next() != right.next());
  CHECK(again.next() == Random(5).fork(1).next());
  CHECK(one.next() == other.next());
}

TEST_CASE("events run by their time, and those of one time as they were asked for", "[scheduler]") {
  Scheduler scheduler;
  const TimePoint start = scheduler.now();
  std::string order;
  scheduler.after(2ms, [&] { order += 'c'; });
  scheduler.after(1ms, [&] { order += 'a'; });
  scheduler.after(1ms, [&] {
    order += 'b';
    CHECK(scheduler.now() == start + 1ms);
    scheduler.after(0ms, [&] { order += '1'; });
    scheduler.at(start, [&] { order += '2'; });  // has passed: as soon as can be
  });
  scheduler.run_until(start + 1ms);
  CHECK(order == "ab12");
  CHECK(scheduler.now() == start + 1ms);
  scheduler.run_for(10ms);
  CHECK(order == "ab12c");
  CHECK(scheduler.now() == start + 11ms);
  CHECK_FALSE(scheduler.run_one());
  CHECK(scheduler.run_count() == 5);
}

TEST_CASE("a cancelled event does not run, and an id is good for one event only", "[scheduler]") {
  Scheduler scheduler;
  int ran = 0;
  EventId id = scheduler.after(1ms, [&] { ++ran; });
  EventId copy = id;
  CHECK(scheduler.is_pending(id));
  CHECK(scheduler.cancel(id));
  CHECK_FALSE(id);
  // The next event takes the place of the cancelled one; the old id does not reach it.
  scheduler.after(1ms, [&] { ran += 10; });
  CHECK_FALSE(scheduler.cancel(copy));
  CHECK(scheduler.pending_count() == 1);
  scheduler.run_for(1s);
  CHECK(ran == 10);
}

TEST_CASE("an event may cancel one of the same time, and itself without effect", "[scheduler]") {
  Scheduler scheduler;
  int ran = 0;
  EventId first;
  EventId second;
  first = scheduler.after(1ms, [&] {
    CHECK_FALSE(scheduler.cancel(first));
    CHECK(scheduler.cancel(second));
  });
  second = scheduler.after(1ms, [&] { ++ran; });
  scheduler.run_for(1s);
  CHECK(ran == 0);
  CHECK(scheduler.pending_count() == 0);
}

TEST_CASE("a thousand events that renew themselves run in order and leave nothing behind", "[scheduler]") {
  Scheduler scheduler;
  Random random(11);
  TimePoint last = scheduler.now();
  int left = 20000;
  std::function<void()> renew = [&] {
    CHECK(scheduler.now() >= last);
    last = scheduler.now();
    if (--left > 0) scheduler.after(random.between(0ms, 50ms), renew);
  };
  for (int i = 0; i < 1000; ++i) scheduler.after(random.between(0ms, 50ms), renew);
  while (scheduler.run_one()) {
  }
  CHECK(left <= 0);
  CHECK(scheduler.run_count() == 20999);
}
