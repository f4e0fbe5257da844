#include "router/stats/haproxy/haproxy_status.h"

#include <catch2/catch.hpp>

#include "tests/support/a_snapshot.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;

namespace {

// How one node reads on one listener. Starts as a standby that does well, on a read listener that uses it.
struct Case {
  ListenerStats listener = a_listener(2, "read", Target::replica, 10);
  RouteStats route = a_route(2, true, "", 10);
  NodeStats node = a_node(2, "pg2", "second");
  StandbyStatus standby = StandbyStatus::down;

  // "UP L7OK 200 health 3: words"
  [[nodiscard]] std::string reads() const {
    const ServerStanding standing = standing_of(listener, route, node, standby);
    std::string text{name_of(standing.status)};
    if (standing.check_status.empty()) return text;
    text += " " + std::string(standing.check_status);
    if (standing.check_code) text += " " + std::to_string(*standing.check_code);
    text += " health " + std::to_string(standing.health);
    if (!standing.last_check.empty()) text += ": " + standing.last_check;
    return text;
  }
};

Case on_the_write_listener() {
  Case it;
  it.listener = a_listener(1, "write", Target::leader, 10);
  it.route = a_route(2, false, "is a replica", 0);
  return it;
}

}  // namespace

TEST_CASE("a node that is used is UP", "[haproxy_status]") {
  CHECK(Case{}.reads() == "UP L7OK 200 health 3");
}

TEST_CASE("a standby on a write listener reads as HAProxy's check would have found it", "[haproxy_status]") {
  CHECK(on_the_write_listener().reads() == "DOWN L7STS 503 health 0: is a replica");
}

TEST_CASE("a standby on a write listener reads MAINT or DRAIN where that was chosen", "[haproxy_status]") {
  Case it = on_the_write_listener();
  it.standby = StandbyStatus::maint;
  CHECK(it.reads() == "MAINT");
  it.standby = StandbyStatus::drain;
  CHECK(it.reads() == "DRAIN L7STS 503 health 0: is a replica");
}

TEST_CASE("the leader on a read listener is not wanted there either", "[haproxy_status]") {
  Case it;
  it.node.view.role_kind = patroni::NodeRole::primary;
  it.route = a_route(2, false, "is the leader", 0);
  CHECK(it.reads() == "DOWN L7STS 503 health 0: is the leader");
  it.standby = StandbyStatus::maint;
  CHECK(it.reads() == "MAINT");
}

TEST_CASE("whatever was chosen for standbys, a node with a fault is DOWN", "[haproxy_status]") {
  for (const StandbyStatus standby : {StandbyStatus::down, StandbyStatus::maint, StandbyStatus::drain}) {
    Case silent = on_the_write_listener();
    silent.standby = standby;
    silent.node.check.status = "L7TOUT";
    silent.node.check.code.reset();
    silent.node.check.words = "no answer in time";
    CHECK(silent.reads() == "DOWN L7TOUT health 0: no answer in time");

    Case starting = on_the_write_listener();
    starting.standby = standby;
    starting.node.check.status = "L7STS";
    starting.node.check.code = 503;
    starting.node.view.state = "starting";
    CHECK(starting.reads() == "DOWN L7STS 503 health 0: is a replica");

    Case unconfirmed = on_the_write_listener();
    unconfirmed.standby = standby;
    unconfirmed.node.view.role_kind = patroni::NodeRole::primary;
    unconfirmed.route.why_not = "two nodes claim to lead";
    CHECK(unconfirmed.reads() == "DOWN L7STS 503 health 0: two nodes claim to lead");
  }
}

TEST_CASE("a node that lost a check and is still used is UP, with less health and no fraction",
          "[haproxy_status]") {
  Case it;
  it.node.check.status = "L7TOUT";
  it.node.check.code.reset();
  it.node.check.words = "no answer in time";
  it.node.check.silences = 1;
  CHECK(it.reads() == "UP L7TOUT health 2: no answer in time");
  it.node.check.silences = 9;
  CHECK(it.reads() == "UP L7TOUT health 1: no answer in time");
}

TEST_CASE("a node that is drained by hand passes its check; one that lags passes on conditions",
          "[haproxy_status]") {
  Case it;
  it.route.eligible = false;
  it.route.drains = true;
  it.route.why_not = "lags by 20 MB";
  CHECK(it.reads() == "DRAIN L7OKC 200 health 3: lags by 20 MB");
  it.node.admin = AdminState::drain;
  CHECK(it.reads() == "DRAIN L7OK 200 health 3");
}

TEST_CASE("a node whose port is closed reads as where HAProxy checks that port", "[haproxy_status]") {
  Case it;
  const char* words = "connect to 10.0.0.2:5432: connection refused";
  it.node.view.no_connection = NoConnectionView{{}, Silence::refused, words};
  it.route = a_route(2, false, std::string("takes no connections: ") + words, 0);
  it.route.no_connection = true;
  CHECK(it.reads() == std::string("DOWN L4CON health 0: ") + words);
  it.standby = StandbyStatus::maint;
  CHECK(it.reads() == std::string("DOWN L4CON health 0: ") + words);
  it.node.view.no_connection->how = Silence::timeout;
  CHECK(it.reads() == std::string("DOWN L4TOUT health 0: ") + words);
  // Where the listener is not for it, that is still what counts.
  it.route = a_route(2, false, "is a replica", 0);
  it.listener = a_listener(1, "write", Target::leader, 10);
  it.standby = StandbyStatus::down;
  CHECK(it.reads() == "DOWN L7STS 503 health 0: is a replica");
}

TEST_CASE("a node in maintenance is MAINT and shows no check; so is one that leaves", "[haproxy_status]") {
  Case it;
  it.route.eligible = false;
  it.route.admin = AdminState::maintenance;
  CHECK(it.reads() == "MAINT");
  Case leaving;
  leaving.route.eligible = false;
  leaving.node.view.leaving = true;
  CHECK(leaving.reads() == "MAINT");
}

TEST_CASE("a node that was never heard of is DOWN, where HAProxy would take it for UP", "[haproxy_status]") {
  Case it;
  it.route = a_route(2, false, "not known yet", 0);
  it.node.check = CheckStats{};
  CHECK(it.reads() == "DOWN INI health 0");
}

TEST_CASE("a name without an address is a socket error; an unknown word is UNK", "[haproxy_status]") {
  Case it;
  it.route = a_route(2, false, "", 0);
  it.node.check.code.reset();
  it.node.check.words = "";
  it.node.check.status = "SOCKERR";
  CHECK(it.reads() == "DOWN SOCKERR health 0");
  it.node.check.status = "\"><script>";
  CHECK(it.reads() == "DOWN UNK health 0");
}

TEST_CASE("a reserve that is fit is UP, needed or not", "[haproxy_status]") {
  Case it;
  it.listener.has_reserves = true;
  it.route = a_route(2, false, "is a reserve: nodes that are wanted more take the sessions", 0);
  it.route.backup = it.route.spare = true;
  CHECK(it.reads() == "UP L7OK 200 health 3");
  it.route.spare = false;
  it.route.drains = true;
  it.route.why_not = "does not stream from the leader";
  CHECK(it.reads() == "DRAIN L7OKC 200 health 3: does not stream from the leader");
  it.route.drains = false;
  it.route.why_not = "has failed";
  CHECK(it.reads() == "DOWN L7STS 503 health 0: has failed");
}
