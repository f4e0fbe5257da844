#include "agent/cluster/lock_state.h"

#include <catch2/catch.hpp>

#include <random>

using namespace tamada;
using namespace tamada::agent;
using Look = LockState::Look;
using Loss = LockState::Loss;
using Standing = LockState::Standing;

namespace {

constexpr std::int64_t mine = 77;
constexpr std::int64_t next = 88;

TimePoint at(int seconds) {
  return TimePoint{} + 1000s + std::chrono::seconds(seconds);
}

etcd::ResponseHeader header(std::int64_t revision, std::uint64_t term = 5, std::uint64_t cluster = 1) {
  return {cluster, 2, revision, term};
}

etcd::LeaseReply answer(int sent, std::int64_t ttl = 10, std::int64_t lease = mine, std::uint64_t term = 5) {
  return {header(9, term), lease, ttl, at(sent)};
}

etcd::KeyValue key(std::int64_t lease = mine, std::int64_t created = 20, std::int64_t changed = 20) {
  return {"/service/patroni/leader", "pg1", created, changed, 1, lease};
}

etcd::RangeReply range(int sent, std::vector<etcd::KeyValue> keys = {key()}, std::uint64_t term = 5) {
  return {header(30, term), std::move(keys), at(sent)};
}

// Granted at 0, made at 1 in revision 20, by a lease of 10 s.
LockState held() {
  LockState state(10s);
  state.expect(mine, 0);
  state.lease_answered(answer(0), at(1));
  CHECK(state.took(header(20), at(1)) == Look::counted);
  return state;
}

}  // namespace

TEST_CASE("a lock is held from before its lease was asked for, and no longer than was asked",
          "[lock_state]") {
  LockState state = held();
  CHECK(state.standing() == Standing::held);
  CHECK(state.deadline() == at(10));
  CHECK(state.is_held(at(9)));
  CHECK_FALSE(state.is_held(at(10)));
  CHECK(state.create_revision() == 20);
  CHECK(state.mod_revision() == 20);
  // Etcd's floor granted more.
  state.lease_answered(answer(5, 60), at(6));
  CHECK(state.looked(range(6)) == Look::counted);
  CHECK(state.deadline() == at(15));
  // It granted less.
  state.lease_answered(answer(8, 3), at(8));
  CHECK(state.looked(range(8)) == Look::counted);
  CHECK(state.deadline() == at(15));
}

TEST_CASE("nothing is held without a lock", "[lock_state]") {
  LockState state(10s);
  CHECK(state.standing() == Standing::none);
  CHECK(state.deadline() == TimePoint{});
  state.lease_answered(answer(0), at(1));
  CHECK(state.looked(range(2)) == Look::not_mine);
  CHECK(state.took(header(20), at(1)) == Look::not_mine);
  state.give_up();
  CHECK(state.standing() == Standing::none);
}

TEST_CASE("a keep-alive alone moves no deadline", "[lock_state]") {
  LockState state = held();
  state.lease_answered(answer(5), at(6));
  CHECK(state.deadline() == at(10));
  CHECK(state.looked(range(6)) == Look::counted);
  CHECK(state.deadline() == at(15));
  // A look proves one answer, not the next one too.
  CHECK(state.looked(range(7)) == Look::again);
  CHECK(state.deadline() == at(15));
}

TEST_CASE("a look that was sent before the answer came proves nothing", "[lock_state]") {
  LockState state = held();
  state.lease_answered(answer(5), at(7));
  CHECK(state.looked(range(6)) == Look::again);
  CHECK(state.deadline() == at(10));
  CHECK(state.looked(range(7)) == Look::counted);
  CHECK(state.deadline() == at(15));
}

TEST_CASE("a look in another raft term, or of another cluster, proves nothing", "[lock_state]") {
  LockState state = held();
  state.lease_answered(answer(5), at(6));
  CHECK(state.looked(range(6, {key()}, 6)) == Look::again);
  etcd::RangeReply other = range(6);
  other.header.cluster_id = 2;
  CHECK(state.looked(other) == Look::again);
  CHECK(state.deadline() == at(10));
  CHECK(state.standing() == Standing::held);
  // The next keep-alive is answered by the new leader.
  state.lease_answered(answer(7, 10, mine, 6), at(8));
  CHECK(state.looked(range(8, {key()}, 6)) == Look::counted);
  CHECK(state.deadline() == at(17));
}

TEST_CASE("a lock that was taken across an election is proven by the next renewal", "[lock_state]") {
  LockState state(10s);
  state.expect(mine, 0);
  state.lease_answered(answer(0), at(1));
  CHECK(state.took(header(20, 6), at(1)) == Look::again);
  CHECK(state.standing() == Standing::unproven);
  CHECK(state.deadline() == TimePoint{});
  state.lease_answered(answer(2, 10, mine, 6), at(3));
  CHECK(state.looked(range(3, {key()}, 6)) == Look::counted);
  CHECK(state.deadline() == at(12));
}

TEST_CASE("a lease that is gone puts the deadline into the past", "[lock_state]") {
  LockState state = held();
  state.lease_answered(answer(5, 0), at(6));
  CHECK(state.standing() == Standing::lost);
  CHECK(state.loss() == Loss::lease_gone);
  CHECK(state.deadline() == TimePoint{});
  // Nothing brings it back.
  state.lease_answered(answer(6), at(7));
  CHECK(state.looked(range(7)) == Look::not_mine);
  CHECK_FALSE(state.is_held(at(7)));
  LockState other = held();
  other.lease_gone(mine);
  CHECK(other.loss() == Loss::lease_gone);
}

TEST_CASE("the key is mine by lease and create revision, whatever its value says", "[lock_state]") {
  struct Row {
    std::vector<etcd::KeyValue> keys;
    Loss loss;
  };
  for (const Row& row : {Row{{}, Loss::key_gone}, Row{{key(99)}, Loss::key_foreign},
                         Row{{key(0)}, Loss::key_foreign}, Row{{key(mine, 21, 21)}, Loss::key_foreign}}) {
    LockState state = held();
    state.lease_answered(answer(5), at(6));
    CHECK(state.looked(range(6, row.keys)) == Look::not_mine);
    CHECK(state.standing() == Standing::lost);
    CHECK(state.loss() == row.loss);
    CHECK(state.deadline() == TimePoint{});
  }
  LockState state = held();
  etcd::KeyValue renamed = key();
  renamed.value = "somebody";
  state.lease_answered(answer(5), at(6));
  CHECK(state.looked(range(6, {renamed})) == Look::counted);
}

TEST_CASE("answers of other leases count for nothing", "[lock_state]") {
  LockState state = held();
  state.lease_answered(answer(5, 10, 99), at(6));
  CHECK(state.looked(range(6)) == Look::again);
  state.lease_answered(answer(5, 0, 99), at(6));
  state.lease_gone(99);
  state.lease_gone(0);
  CHECK(state.standing() == Standing::held);
  CHECK(state.deadline() == at(10));
}

TEST_CASE("a lock of an earlier run is not held before it was proven", "[lock_state]") {
  LockState state(10s);
  state.expect(mine, 20);
  CHECK(state.standing() == Standing::unproven);
  CHECK_FALSE(state.is_held(at(0)));
  CHECK(state.looked(range(1)) == Look::again);
  CHECK_FALSE(state.is_held(at(1)));
  state.lease_answered(answer(1), at(2));
  CHECK(state.looked(range(2)) == Look::counted);
  CHECK(state.deadline() == at(11));
  // The create revision was not written down any more: the lease is known to nobody else.
  LockState without(10s);
  without.expect(mine, 0);
  without.lease_answered(answer(1), at(2));
  CHECK(without.looked(range(2)) == Look::counted);
  CHECK(without.create_revision() == 20);
}

TEST_CASE("a watch can take the lock away and cannot give it", "[lock_state]") {
  LockState state = held();
  state.seen(std::nullopt, 19);  // before it was made
  state.seen(key(99, 15, 15), 20);
  state.seen(key(), 25);
  CHECK(state.standing() == Standing::held);
  CHECK(state.deadline() == at(10));
  state.seen(key(99, 26, 26), 26);
  CHECK(state.loss() == Loss::key_foreign);
  LockState other = held();
  other.seen(std::nullopt, 21);
  CHECK(other.loss() == Loss::key_gone);
  LockState unknown(10s);
  unknown.expect(mine, 0);
  unknown.seen(std::nullopt, 50);
  CHECK(unknown.standing() == Standing::unproven);
}

TEST_CASE("what a watch tells late, from before the key was moved, takes nothing away", "[lock_state]") {
  LockState state = held();
  state.moving_to(next);
  state.lease_answered(answer(3, 10, next), at(3));
  CHECK(state.moved(header(40), at(3)) == Look::counted);
  state.seen(key(mine, 20, 20), 30);
  state.seen(std::nullopt, 39);
  CHECK(state.standing() == Standing::held);
  state.seen(key(mine, 20, 20), 40);
  CHECK(state.standing() == Standing::lost);
}

TEST_CASE("who gives the lock up has no deadline from then on", "[lock_state]") {
  LockState state = held();
  state.give_up();
  CHECK(state.standing() == Standing::lost);
  CHECK(state.loss() == Loss::given_up);
  CHECK(state.deadline() == TimePoint{});
  CHECK(state.lease() == mine);
  CHECK(state.create_revision() == 20);
  state.forget();
  CHECK(state.standing() == Standing::none);
}

TEST_CASE("a shorter time counts at once, a longer one when the key hangs on such a lease", "[lock_state]") {
  LockState state = held();
  state.limit(3s);
  CHECK(state.deadline() == at(3));
  state.moving_to(next);
  state.lease_answered(answer(2, 3, next), at(2));
  CHECK(state.moved(header(25), at(2)) == Look::counted);
  CHECK(state.lease() == next);
  CHECK(state.next_lease() == 0);
  CHECK(state.mod_revision() == 25);
  CHECK(state.create_revision() == 20);
  CHECK(state.deadline() == at(5));
  // Back to more.
  state.moving_to(99);
  state.lease_answered(answer(4, 20, 99), at(4));
  CHECK(state.moved(header(26), at(4)) == Look::counted);
  CHECK(state.deadline() == at(7));
  state.limit(20s);
  CHECK(state.deadline() == at(24));
}

TEST_CASE("while the key is being moved it is mine on either lease", "[lock_state]") {
  LockState state = held();
  state.moving_to(next);
  state.lease_answered(answer(3, 4, next), at(3));
  state.seen(key(next, 20, 25), 25);
  CHECK(state.standing() == Standing::held);
  state.lease_answered(answer(4), at(5));
  // The move was carried out, though its answer was lost: from now on the shorter lease counts.
  CHECK(state.looked(range(5, {key(next, 20, 25)})) == Look::on_next);
  CHECK(state.lease() == next);
  CHECK(state.mod_revision() == 25);
  CHECK(state.deadline() == at(7));
  // The former lease is nobody's any more.
  CHECK(state.looked(range(6, {key(mine)})) == Look::not_mine);
}

TEST_CASE("a move to a lease of which nothing was heard leaves nothing proven", "[lock_state]") {
  LockState state = held();
  state.moving_to(next);
  CHECK(state.looked(range(5, {key(next, 20, 25)})) == Look::on_next);
  CHECK_FALSE(state.is_held(at(5)));
}

TEST_CASE("the lease that the key was to be moved to may go, and the lock stays", "[lock_state]") {
  LockState state = held();
  state.moving_to(next);
  state.lease_answered(answer(3, 0, next), at(3));
  CHECK(state.next_lease() == 0);
  CHECK(state.standing() == Standing::held);
  CHECK(state.moved(header(25), at(3)) == Look::not_mine);
  CHECK(state.lease() == mine);
}

// A model of one lease in etcd: whatever the order of answers, the deadline never passes the moment at which etcd could end
// the lease.
TEST_CASE("the deadline never passes the end of the lease", "[lock_state]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto pick = [&](int count) { return std::uniform_int_distribution<int>(0, count - 1)(random); };
    LockState state(10s);
    state.expect(mine, 20);
    int now = 0;
    int lease_end = 10;  // granted at 0
    std::uint64_t term = 5;
    for (int step = 0; step < 60; ++step) {
      now += pick(3);
      switch (pick(4)) {
        case 0: {  // A keep-alive that etcd carries out some time after it was sent, by its leader.
          const int sent = now;
          now += pick(3);
          if (now < lease_end) lease_end = std::max(lease_end, now + 10);
          const bool alive = now < lease_end;
          const int carried_out = now;
          now += pick(2);
          if (carried_out < lease_end)
            state.lease_answered(answer(sent, alive ? 10 : 0, mine, term), at(now));
          break;
        }
        case 1: {  // One that a frozen leader of the former term answers: nobody else saw it.
          state.lease_answered(answer(now, 10, mine, term - 1), at(now));
          break;
        }
        case 2: {  // A look.
          const int sent = now;
          now += pick(2);
          if (now < lease_end) {
            (void)state.looked(range(sent, {key()}, term));
          } else {
            CHECK(state.looked(range(sent, {}, term)) == Look::not_mine);
          }
          break;
        }
        default:
          ++term;  // an election: the new leader gives every lease its whole time anew
          if (now < lease_end) lease_end = std::max(lease_end, now + 10);
      }
      REQUIRE(state.deadline() <= at(lease_end));
    }
  }
}
