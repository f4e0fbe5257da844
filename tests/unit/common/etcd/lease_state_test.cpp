#include "common/etcd/lease_state.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::etcd;
using Standing = LeaseState::Standing;

namespace {

constexpr TimePoint start{1000s};

LeaseReply reply(std::int64_t ttl, TimePoint sent, std::int64_t id = 7, std::uint64_t term = 3) {
  LeaseReply one;
  one.id = id;
  one.ttl = ttl;
  one.as_of = sent;
  one.header.raft_term = term;
  return one;
}

LeaseState held() {
  LeaseState state(10s);
  state.granted(reply(10, start));
  return state;
}

}  // namespace

TEST_CASE("a lease is valid from when its request was sent, for what was granted or asked", "[lease]") {
  LeaseState state(10s);
  CHECK(state.standing(start) == Standing::none);
  state.granted(reply(30, start));  // etcd's floor; not counted on
  CHECK(state.id() == 7);
  CHECK(state.valid_until() == start + 10s);
  state.granted(reply(4, start));
  CHECK(state.valid_until() == start + 4s);
  CHECK(state.standing(start + 4s - 1ms) == Standing::valid);
  CHECK(state.standing(start + 4s) == Standing::unknown);
}

TEST_CASE("an answer to a keep-alive moves the end, an older one does not", "[lease]") {
  LeaseState state = held();
  CHECK(state.kept(reply(10, start + 5s, 7, 4)));
  CHECK(state.valid_until() == start + 15s);
  CHECK(state.header().raft_term == 4);
  CHECK(state.kept(reply(10, start + 3s)));
  CHECK(state.valid_until() == start + 15s);
  // What had become unknown is valid again: etcd has it.
  CHECK(state.standing(start + 20s) == Standing::unknown);
  CHECK(state.kept(reply(10, start + 20s)));
  CHECK(state.standing(start + 20s) == Standing::valid);
}

TEST_CASE("a lease that etcd does not have is gone at once, and for good", "[lease]") {
  LeaseState state = held();
  CHECK(state.kept(reply(0, start + 1s)));
  CHECK(state.standing(start + 1s) == Standing::gone);
  CHECK(state.valid_until() == TimePoint{});
  CHECK(state.kept(reply(10, start + 2s)));
  CHECK(state.standing(start + 2s) == Standing::gone);
  state.granted(reply(10, start + 3s, 8));
  CHECK(state.standing(start + 3s) == Standing::valid);
  CHECK(state.id() == 8);
}

TEST_CASE("an answer for another lease moves nothing", "[lease]") {
  LeaseState state = held();
  CHECK_FALSE(state.kept(reply(10, start + 5s, 8)));
  CHECK(state.valid_until() == start + 10s);
  CHECK_FALSE(state.kept(reply(0, start + 5s, 8)));
  CHECK(state.standing(start + 5s) == Standing::valid);
  LeaseState none(10s);
  CHECK_FALSE(none.kept(reply(10, start, 0)));
}

TEST_CASE("a lease is not valid from the moment a revoke is sent, whatever comes of it", "[lease]") {
  LeaseState state = held();
  state.revoking();
  CHECK(state.standing(start + 1s) == Standing::unknown);
  CHECK(state.kept(reply(10, start + 2s)));  // the revoke may be carried out yet
  CHECK(state.standing(start + 2s) == Standing::unknown);
  state.gone();
  CHECK(state.standing(start + 2s) == Standing::gone);
}

TEST_CASE("a lease of an earlier run is valid once it has been kept alive", "[lease]") {
  LeaseState state(10s);
  state.adopt(7);
  CHECK(state.standing(start) == Standing::unknown);
  CHECK(state.kept(reply(60, start)));
  CHECK(state.valid_until() == start + 10s);
}
