#include "router/history/failover_file.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

WallTime at(int ms) {
  return WallTime(std::chrono::milliseconds(1'800'000'000'000 + ms));
}

Failover record() {
  Failover one;
  one.number = 7;
  one.from = "pg1";
  one.to = "pg2";
  one.planned = true;
  one.first_sign = at(0);
  one.leader_gone = at(1);
  one.claimed = at(2);
  one.confirmed = at(3);
  one.first_session = at(4);
  one.why_gone = "pg1 is \"stopping\"";
  one.why_confirmed = "pg2 says so";
  one.stood_still = std::chrono::milliseconds(3);
  one.waited = 8;
  one.cut = 4;
  one.failed = 1;
  one.steps = {{at(1), FactKind::leader_lost, "pg1", "pg1 has failed"},
               {at(3), FactKind::leader_confirmed, "pg2", ""}};
  return one;
}

TEST_CASE("fail-overs come back from their text as they were", "[failover_file]") {
  const auto back = failovers_from_text(failovers_to_text({record(), Failover{}}));
  REQUIRE(back);
  REQUIRE(back->size() == 2);
  const Failover& one = back->front();
  const Failover was = record();
  CHECK(one.number == was.number);
  CHECK(one.from == was.from);
  CHECK(one.to == was.to);
  CHECK(one.planned);
  CHECK(one.first_sign == was.first_sign);
  CHECK(one.leader_gone == was.leader_gone);
  CHECK(one.claimed == was.claimed);
  CHECK(one.confirmed == was.confirmed);
  CHECK(one.first_session == was.first_session);
  CHECK(one.why_gone == was.why_gone);
  CHECK(one.why_confirmed == was.why_confirmed);
  CHECK(one.stood_still == was.stood_still);
  CHECK(one.waited == 8);
  CHECK(one.cut == 4);
  CHECK(one.failed == 1);
  REQUIRE(one.steps.size() == 2);
  CHECK(one.steps[0].at == at(1));
  CHECK(one.steps[0].kind == FactKind::leader_lost);
  CHECK(one.steps[0].node == "pg1");
  CHECK(one.steps[0].words == "pg1 has failed");
  CHECK_FALSE(back->back().is_over());
  CHECK_FALSE(back->back().confirmed.has_value());
}

TEST_CASE("names that are no UTF-8, endless words and steps do not break the file", "[failover_file]") {
  Failover one = record();
  one.from = "pg\xff";
  one.why_gone = std::string(100'000, 'x');
  one.steps.assign(100, {at(1), FactKind::node_role, "\xc3\x28", std::string(100'000, 'y')});
  const std::string text = failovers_to_text(std::vector<Failover>(50, one));
  CHECK(text.size() < std::size_t{4} << 20);
  const auto back = failovers_from_text(text);
  REQUIRE(back);
  CHECK(back->front().from == "pg\xef\xbf\xbd");
}

TEST_CASE("a broken file is refused as a whole, with its place", "[failover_file]") {
  const auto words = [](const char* text) {
    const auto back = failovers_from_text(text);
    return back ? std::string("accepted") : back.error().message;
  };
  CHECK(words("") == "not JSON");
  CHECK(words("[]") == "expected an object with \"version\": 1");
  CHECK(words(R"({"version": 2, "failovers": []})") == "expected an object with \"version\": 1");
  CHECK(words(R"({"version": 1})") == "failovers: missing, expected a list");
  CHECK(words(R"({"version": 1, "failovers": [1]})") ==
        "failovers[0]: found the number 1, expected an object");
  CHECK(words(R"({"version": 1, "failovers": [{}, {"from": 1}]})") ==
        "failovers[1].from: found the number 1, expected text");
  CHECK(words(R"({"version": 1, "failovers": [{"waited": -1}]})") ==
        "failovers[0].waited: found the number -1, expected a whole number from 0 to 18446744073709551615");
  CHECK(words(R"({"version": 1, "failovers": [{"steps": {}}]})") ==
        "failovers[0].steps: found an object, expected a list");
  CHECK(words(R"({"version": 1, "failovers": [{"steps": [{"at": "x"}]}]})") ==
        "failovers[0].steps[0].at: found the text \"x\", expected a whole number from 0 to "
        "9223372036854775807");
}

}  // namespace
}  // namespace tamada::router
