// Stories: what the control loop sees, and the record that comes of it.
#include "tests/unit/router/history/failover_story.h"

using namespace tamada;
using namespace tamada::router;

TEST_CASE("a planned switchover: announced, stopped, handed over, written again") {
  Story s;
  s.confirm(a);
  s.now = 10s;
  s.totals = {5, 1, 2};
  s.fact(FactKind::switchover_announced, a, "a switchover from a to b has been announced: new writers wait");
  s.now = 10400ms;
  s.answer(a, "stopping");
  s.fact(FactKind::node_role, a, "a: primary, stopping; was primary, running");
  s.unconfirm("a is stopping, b is a replica");
  s.totals.waited = 8;
  s.now = 10800ms;
  s.claim({b});
  s.fact(FactKind::node_role, b, "b: primary, running; was replica, running");
  s.lose(a, "b leads now");
  s.now = 10801ms;
  s.confirm(b, "b says primary; the leader key names b");
  CHECK_FALSE(s.only().is_over());
  s.totals.cut = 5;
  s.now = 10850ms;
  s.log.first_session(a, s.at());  // one that was under way
  CHECK_FALSE(s.only().is_over());
  s.log.first_session(b, s.at());

  const Failover record = s.only();
  CHECK(record.number == 1);
  CHECK(record.from == "a");
  CHECK(record.to == "b");
  CHECK(record.planned);
  CHECK(record.first_sign == Story::wall(10s));
  CHECK(record.leader_gone == Story::wall(10400ms));
  CHECK(record.claimed == Story::wall(10800ms));
  CHECK(record.confirmed == Story::wall(10801ms));
  CHECK(record.first_session == Story::wall(10850ms));
  CHECK(record.stood_still == 450ms);
  CHECK(record.why_gone == "a is stopping, b is a replica");
  CHECK(record.why_confirmed == "b says primary; the leader key names b");
  CHECK(record.waited == 3);
  CHECK(record.cut == 4);
  CHECK(record.failed == 0);
  CHECK(kinds_of(record) == Kinds{FactKind::switchover_announced, FactKind::node_role,
                                  FactKind::leader_unconfirmed, FactKind::node_role, FactKind::leader_lost,
                                  FactKind::leader_confirmed});
}

TEST_CASE("a crash: the first answer that did not come is the first sign") {
  Story s;
  s.confirm(a);
  s.now = 20s;
  s.silence(a);
  s.now = 20100ms;
  s.silence(a);
  s.now = 22s;
  s.unconfirm("a does not answer, b is a replica");
  s.fact(FactKind::node_silent, a, "a does not answer", true);
  s.lose(a, "a has failed: its PostgreSQL does not answer either");
  s.totals.failed = 7;
  s.now = 30s;
  s.claim({b});
  s.fact(FactKind::node_role, b, "b: primary, running; was replica, running");
  s.now = 30010ms;
  s.confirm(b);
  s.now = 30020ms;
  s.log.first_session(b, s.at());
  const Failover record = s.only();
  CHECK_FALSE(record.planned);
  CHECK(record.first_sign == Story::wall(20s));
  CHECK(record.leader_gone == Story::wall(22s));
  CHECK(record.claimed == Story::wall(30s));
  CHECK(record.why_gone == "a has failed: its PostgreSQL does not answer either");
  CHECK(record.failed == 7);
  CHECK(record.stood_still == 8020ms);
  CHECK(record.steps.front().kind == FactKind::node_unanswered);
  CHECK(record.steps.front().words == "no answer within 2000 ms");
}

TEST_CASE("what clients saw before the control loop heard of it counts, what was long before does not") {
  Story s;
  s.confirm(a);
  s.totals = {100, 10, 1};
  for (s.now = 10s; s.now < 13s; s.now += 1s) s.answer(a, "running");
  s.totals = {106, 14, 1};  // the server was killed, and its clients came back at once
  s.answer(a, "running");   // on its way when it happened
  s.fact(FactKind::node_hint, a, "a client's session met \"57P01\"");
  s.now = 14s;
  s.unconfirm("a does not answer");
  s.lose(a, "a has failed");
  s.totals = {108, 14, 2};
  s.now = 30s;
  s.confirm(b);
  s.log.first_session(b, s.at());
  CHECK(s.only().waited == 8);
  CHECK(s.only().cut == 4);
  CHECK(s.only().failed == 1);

  // Nothing counts twice.
  s.now = 31s;
  s.fact(FactKind::node_hint, b, "a client's session met \"57P01\"");
  s.unconfirm("b does not answer");
  s.lose(b, "b has failed");
  s.totals.waited = 111;
  s.now = 32s;
  s.confirm(a);
  s.log.first_session(a, s.at());
  CHECK(s.records().front().waited == 3);
  CHECK(s.records().front().cut == 0);
}

TEST_CASE("a hang that passes: the same leader again, and the time without it counts") {
  Story s;
  s.confirm(a);
  s.now = 5s;
  s.silence(a);
  s.now = 9s;
  s.fact(FactKind::node_silent, a, "a does not answer", true);
  s.unconfirm("a does not answer");
  s.now = 12s;
  s.answer(a, "running");
  s.fact(FactKind::node_back, a, "a answers again");
  s.confirm(a);
  s.now = 12100ms;
  s.log.first_session(a, s.at());
  const Failover record = s.only();
  CHECK(record.from == "a");
  CHECK(record.to == "a");
  CHECK(record.stood_still == 3100ms);
  CHECK(record.first_sign == Story::wall(5s));
}

TEST_CASE("a gap that nobody noticed is no record; one that somebody noticed is") {
  Story s;
  s.confirm(a);
  s.now = 5s;
  s.unconfirm("the leader key names b");
  s.now = 5050ms;
  CHECK(s.records().empty());
  s.confirm(a);
  CHECK(s.records().empty());

  s.now = 6s;
  s.unconfirm("the leader key names b");
  s.totals.waited = 1;
  s.now = 6050ms;
  s.confirm(a);
  CHECK(s.only().waited == 1);
  CHECK(s.only().number == 1);

  s.now = 20s;
  s.log.tick(s.at());
  s.unconfirm("the leader key names b");
  s.now = 20100ms;
  s.confirm(a);
  CHECK(s.records().size() == 2);
}

TEST_CASE("a leader that was lost is a record, however short the gap") {
  Story s;
  s.confirm(a);
  s.now = 5s;
  s.claim({a, b});
  s.lose(a, "b leads now");
  s.confirm(b);
  const Failover record = s.only();
  CHECK(record.from == "a");
  CHECK(record.to == "b");
  CHECK(record.claimed == record.leader_gone);
}

TEST_CASE("two in a row: the first one ends where the second begins") {
  Story s;
  s.confirm(a);
  s.now = 10s;
  s.unconfirm("a does not answer");
  s.lose(a, "a has failed");
  s.now = 14s;
  s.confirm(b);
  s.now = 15s;
  s.silence(b);
  s.now = 16s;
  s.unconfirm("b does not answer");
  s.lose(b, "b has failed");
  s.now = 20s;
  s.confirm(c);
  s.now = 21s;
  s.log.first_session(c, s.at());
  const std::vector<Failover> all = s.records();
  REQUIRE(all.size() == 2);
  CHECK(all[0].number == 2);
  CHECK(all[0].from == "b");
  CHECK(all[0].to == "c");
  CHECK(all[0].first_sign == Story::wall(15s));
  CHECK(all[0].stood_still == 5s);
  CHECK(all[1].number == 1);
  CHECK(all[1].stood_still == 4s);
  CHECK_FALSE(all[1].first_session.has_value());
}

TEST_CASE("one that never ends is shown as going on, with what it costs so far") {
  Story s;
  s.confirm(a);
  s.now = 10s;
  s.unconfirm("a does not answer");
  s.lose(a, "a has failed");
  s.now = 3600s;
  s.log.tick(s.at());
  s.totals.waited = 40;
  s.totals.failed = 30;
  const Failover record = s.only();
  CHECK_FALSE(record.is_over());
  CHECK(record.to.empty());
  CHECK(record.waited == 40);
  CHECK(record.failed == 30);
  CHECK_FALSE(record.confirmed.has_value());
}

TEST_CASE("nobody comes: writes count as possible since the confirmation") {
  Story s;
  s.confirm(a);
  s.now = 10s;
  s.unconfirm("a does not answer");
  s.now = 15s;
  s.confirm(b);
  s.now = 24s;
  s.log.tick(s.at());
  CHECK_FALSE(s.only().is_over());
  s.now = 25s;
  s.log.tick(s.at());
  CHECK(s.only().stood_still == 5s);
  s.now = 30s;
  s.log.first_session(b, s.at());
  CHECK_FALSE(s.only().first_session.has_value());
}

TEST_CASE("the router's start is no fail-over, also where nobody leads for long") {
  Story s;
  s.fact(FactKind::node_role, a, "a: replica, running");
  s.now = 60s;
  s.log.tick(s.at());
  s.confirm(a);
  s.now = 61s;
  s.log.first_session(a, s.at());
  CHECK(s.records().empty());
  CHECK_FALSE(s.log.take_changed());
}

TEST_CASE("what people do to the router by hand is no fail-over") {
  Story s;
  s.confirm(a);
  s.now = 10s;
  s.fact(FactKind::node_admin, a, "a on every listener: maintenance, by hand");
  s.totals.waited = 10;
  s.totals.cut = 10;
  s.now = 60s;
  s.fact(FactKind::node_admin, a, "a on every listener: ready, by hand");
  CHECK(s.records().empty());
}

TEST_CASE("a switchover that is called off is a record only if somebody had to wait") {
  Story s;
  s.confirm(a);
  s.now = 10s;
  s.fact(FactKind::switchover_announced, a, "announced");
  s.now = 12s;
  s.fact(FactKind::switchover_called_off, a, "new writers go to a again");
  CHECK(s.records().empty());

  s.now = 20s;
  s.fact(FactKind::switchover_announced, a, "announced again");
  s.totals.waited = 2;
  s.now = 25s;
  s.fact(FactKind::switchover_called_off, a, "new writers go to a again");
  const Failover record = s.only();
  CHECK(record.planned);
  CHECK(record.from == "a");
  CHECK(record.to == "a");
  CHECK(record.waited == 2);
  CHECK(record.stood_still == 5s);
}
