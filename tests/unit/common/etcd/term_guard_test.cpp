#include "common/etcd/term_guard.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::etcd;

namespace {

TimePoint at(Duration since_boot) {
  return TimePoint(since_boot);
}
ResponseHeader of(std::uint64_t cluster, std::uint64_t term) {
  return {cluster, 1, 10, term};
}

}  // namespace

TEST_CASE("a member with an older term than was seen is left behind", "[term_guard]") {
  TermGuard guard(60s);
  CHECK(guard.accept(of(7, 3), at(1s)));
  CHECK(guard.accept(of(7, 5), at(2s)));
  CHECK_FALSE(guard.accept(of(7, 3), at(3s)));
  CHECK(guard.accept(of(7, 5), at(4s)));
  CHECK(guard.term() == 5);
}

TEST_CASE("another cluster is taken as it is", "[term_guard]") {
  TermGuard guard(60s);
  CHECK(guard.accept(of(7, 5), at(1s)));
  CHECK(guard.accept(of(8, 2), at(2s)));
  CHECK(guard.accept(of(8, 2), at(3s)));
  CHECK(guard.term() == 2);
}

TEST_CASE("a lower term is believed once nothing newer has been heard for long", "[term_guard]") {
  TermGuard guard(60s);
  CHECK(guard.accept(of(7, 5), at(100s)));
  CHECK_FALSE(guard.accept(of(7, 2), at(159s)));
  CHECK(guard.accept(of(7, 2), at(160s)));
  CHECK_FALSE(guard.accept(of(7, 1), at(161s)));
}

TEST_CASE("an answer without a header proves nothing and harms nothing", "[term_guard]") {
  TermGuard guard(60s);
  CHECK(guard.accept(of(7, 5), at(1s)));
  CHECK(guard.accept({}, at(2s)));
  CHECK(guard.term() == 5);
}
