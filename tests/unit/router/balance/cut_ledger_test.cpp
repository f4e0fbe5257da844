#include "router/balance/cut_ledger.h"

#include <catch2/catch.hpp>

using namespace tamada::router;

namespace {

constexpr ListenerId write_port{1};
constexpr NodeId a{1};
constexpr NodeId b{2};

// A table is made and every worker has carried it out.
void table(CutLedger& ledger) {
  ledger.published();
  ledger.acknowledged(ledger.last());
}

}  // namespace

TEST_CASE("a break holds until the table that carries it is acknowledged", "[cut_ledger]") {
  CutLedger ledger;
  table(ledger);
  CHECK(ledger.is_broken_off());
  ledger.break_here();
  CHECK(ledger.take_changed());  // a table is due, also without a line
  CHECK_FALSE(ledger.is_broken_off());
  ledger.acknowledged(2);  // of a table that is not there yet
  CHECK_FALSE(ledger.is_broken_off());
  ledger.published();
  ledger.acknowledged(1);
  CHECK_FALSE(ledger.is_broken_off());
  ledger.acknowledged(2);
  CHECK(ledger.is_broken_off());
}

TEST_CASE("the lines of a node that is gone are forgotten once every worker has seen them", "[cut_ledger]") {
  CutLedger ledger;
  ledger.cut(write_port, a, CutCause::failed, "a has failed");
  ledger.cut(write_port, b, CutCause::failed, "b has failed");
  table(ledger);
  ledger.forget(a);
  CHECK(ledger.take_changed());
  CHECK(ledger.lines(write_port).size() == 2);
  table(ledger);
  REQUIRE(ledger.lines(write_port).size() == 1);
  CHECK(ledger.lines(write_port)[0].node == b);
}

TEST_CASE("a node that is cut again is not forgotten", "[cut_ledger]") {
  CutLedger ledger;
  ledger.cut(write_port, a, CutCause::failed, "a has failed");
  ledger.forget(a);
  ledger.cut(write_port, a, CutCause::maintenance, "a was put into maintenance by hand");
  table(ledger);
  table(ledger);
  CHECK(ledger.lines(write_port).size() == 1);
}
