#include "router/history/chart_book.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

constexpr ListenerId writers{1};
constexpr NodeId a{1};
TimePoint at(Duration since) {
  return TimePoint{1000s} + since;
}

ListenerSample sample(std::uint32_t sessions, std::uint64_t accepted, std::uint64_t bytes,
                      std::uint64_t on_a = 0) {
  return {writers, sessions, sessions / 2, accepted, bytes, 2 * bytes, {{a, on_a}}};
}

}  // namespace

TEST_CASE("rates are those of the last second, and the largest is kept") {
  ChartBook book;
  book.sample({sample(1, 100, 1000, 50)}, at(0s));
  CHECK(book.rates(writers).rate == 0);
  book.sample({sample(1, 140, 5000, 70)}, at(1s));
  CHECK(book.rates(writers).rate == 40);
  CHECK(book.rates(writers).up_rate == 4000);
  CHECK(book.rates(writers).down_rate == 8000);
  CHECK(book.rates(writers, a).rate == 20);
  book.sample({sample(1, 150, 5000, 72)}, at(2s));
  CHECK(book.rates(writers).rate == 10);
  CHECK(book.rates(writers).rate_max == 40);
  CHECK(book.rates(writers, a).rate == 2);
  CHECK(book.rates(writers, a).rate_max == 20);
  book.clear_maxima();
  CHECK(book.rates(writers).rate_max == 0);
  CHECK(book.rates(writers, a).rate_max == 0);
  CHECK(book.rates(writers).rate == 10);
}

TEST_CASE("a late sample is spread over its time, and a cleared counter begins at zero") {
  ChartBook book;
  book.sample({sample(1, 100, 0)}, at(0s));
  book.sample({sample(1, 200, 0)}, at(4s));
  CHECK(book.rates(writers).rate == 25);
  book.sample({sample(1, 7, 0)}, at(5s));
  CHECK(book.rates(writers).rate == 7);
  book.sample({sample(1, 9, 0)}, at(5s));  // the same moment again
  CHECK(book.rates(writers).rate == 7);
}

TEST_CASE("a listener or a node that came since the last sample counts from zero") {
  ChartBook book;
  book.sample({}, at(0s));
  book.sample({sample(1, 30, 1000, 20)}, at(1s));
  CHECK(book.rates(writers).rate == 30);
  CHECK(book.rates(writers, a).rate == 20);
}

TEST_CASE("a point holds the most of its five seconds, and their averages") {
  ChartBook book;
  book.sample({sample(2, 0, 0)}, at(0s));
  book.sample({sample(8, 50, 1000)}, at(1s));
  book.sample({sample(4, 60, 1000)}, at(2s));
  book.sample({sample(4, 70, 1000)}, at(3s));
  book.sample({sample(4, 80, 1000)}, at(4s));
  CHECK(book.points(writers).empty());
  CHECK_FALSE(book.end().has_value());
  book.sample({sample(4, 100, 2000)}, at(4990ms));
  REQUIRE(book.points(writers).size() == 1);
  const ChartPoint point = book.points(writers).front();
  CHECK(point.sessions == 8);
  CHECK(point.waiting == 4);
  CHECK(point.new_per_s == Approx(100 / 4.99));
  CHECK(point.up_per_s == Approx(2000 / 4.99));
  CHECK(point.down_per_s == Approx(4000 / 4.99));
  CHECK(book.end() == at(4990ms));
}

TEST_CASE("fifteen minutes are kept, and nothing of a listener that is gone") {
  ChartBook book;
  for (int i = 0; i <= 3000; ++i) book.sample({sample(1, static_cast<std::uint64_t>(i), 0)}, at(i * 1s));
  CHECK(book.points(writers).size() == chart_points);
  CHECK(book.points(writers).back().new_per_s == Approx(1));
  book.sample({}, at(3001s));
  CHECK(book.points(writers).empty());
}
