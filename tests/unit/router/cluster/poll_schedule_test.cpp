#include "router/cluster/poll_schedule.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

constexpr NodeId node{1};

// Polls fast from `now` on and answers at once; how long until the next poll is due after `span` of that.
struct Polling {
  PollSchedule schedule{1, CheckPolicy{}};
  TimePoint now{1000s};

  Duration next() {
    schedule.begin(now, true);
    schedule.want_poll(node, AskKind::master, std::nullopt);
    if (!schedule.take_asks().empty()) {
      (void)schedule.answered(node, AskKind::master, now);
      schedule.begin(now, true);
      schedule.want_poll(node, AskKind::master, std::nullopt);
    }
    return *schedule.next() - now;
  }
  Duration after(Duration span) {
    for (const TimePoint end = now + span; now < end;) now += next();
    return next();
  }
};

}  // namespace

TEST_CASE("fast polling backs off after a while, and is fast again when something moves", "[poll_schedule]") {
  Polling polling;
  CHECK(polling.next() <= 120ms);
  CHECK(polling.after(4s) <= 120ms);
  CHECK(polling.after(2s) >= 400ms);
  polling.schedule.look_again(polling.now);  // too soon again
  CHECK(polling.after(1s) >= 400ms);
  CHECK(polling.after(15s) >= 400ms);
  polling.schedule.look_again(polling.now);
  polling.now += 1ms;
  CHECK(polling.next() <= 120ms);
  CHECK(polling.after(4s) <= 120ms);
  CHECK(polling.after(2s) >= 400ms);
}
