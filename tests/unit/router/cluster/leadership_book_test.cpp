#include "router/cluster/leadership_book.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {
TimePoint at(Duration since) {
  return TimePoint{1000s} + since;
}
}  // namespace

TEST_CASE("changes of the leader and the time without one are counted") {
  LeadershipBook book(at(0s));
  CHECK(book.none_since() == at(0s));
  book.look(NodeId{1}, at(2s));
  book.look(NodeId{1}, at(3s));
  CHECK(book.confirmations() == 1);
  CHECK(book.changes() == 0);
  CHECK(book.without_leader(at(5s)) == 2s);

  book.look({}, at(10s));
  CHECK(book.without_leader(at(11s)) == 3s);
  CHECK(book.none_since() == at(10s));
  book.look(NodeId{1}, at(12s));  // the same one again
  CHECK(book.confirmations() == 2);
  CHECK(book.changes() == 0);

  book.look({}, at(20s));
  book.look(NodeId{2}, at(21s));
  book.look(NodeId{3}, at(22s));  // at once
  CHECK(book.confirmations() == 4);
  CHECK(book.changes() == 2);
  CHECK(book.without_leader(at(30s)) == 5s);
  CHECK_FALSE(book.none_since().has_value());
}
