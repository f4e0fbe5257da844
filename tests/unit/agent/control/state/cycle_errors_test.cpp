// Errors that nobody has expected, in the middle of a cycle.
#include "agent/control/state/cycle_errors.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <variant>
#include <vector>

namespace tamada::agent {
namespace {

struct Errors {
  std::vector<ha::HaEvent> posted;
  CycleErrors errors{[this](ha::HaEvent event) { posted.push_back(std::move(event)); }};
};

TEST_CASE_METHOD(Errors, "the decider hears of an error that nobody has expected", "[control]") {
  bool has_run = false;
  errors.run("nothing happened", [&] { has_run = true; });
  CHECK(has_run);
  CHECK(posted.empty());
  errors.run("the keys were read", [] { throw std::runtime_error("no memory"); });
  REQUIRE(posted.size() == 1);
  CHECK(std::get<ha::UnexpectedError>(posted[0]).words ==
        "an error that nobody has expected, while the keys were read: no memory");
}

TEST_CASE_METHOD(Errors, "an order that was not carried out is answered all the same", "[control]") {
  const auto fail = [this](const ha::Order& order) {
    posted.clear();
    errors.run(order, [] { throw std::runtime_error("no memory"); });
    REQUIRE_FALSE(posted.empty());
    CHECK(std::holds_alternative<ha::UnexpectedError>(posted[0]));
    return posted.size() == 2 ? std::optional(posted[1]) : std::nullopt;
  };
  using Operation = ha::LockReport::Operation;
  const auto lock = [&](const ha::Order& order, Operation operation) {
    const auto report = std::get<ha::LockReport>(*fail(order));
    CHECK(report.outcome == ha::LockReport::Outcome::cannot_know);
    CHECK(report.operation == operation);
  };
  lock(ha::AcquireLock{}, Operation::acquire);
  lock(ha::RenewLock{}, Operation::renew);
  lock(ha::ReleaseLock{}, Operation::release);
  for (const ha::Order& order :
       std::vector<ha::Order>{ha::WriteSync{7, 0, {}, {}, false}, ha::WriteTimeline{7, 0, 2},
                              ha::ClearFailover{7, 1}, ha::ClaimInitialize{7}, ha::WriteInitialize{7, "1"}}) {
    const auto ended = std::get<ha::WriteEnded>(*fail(order));
    CHECK(ended.id == 7);
    CHECK(ended.outcome == ha::WriteEnded::Outcome::cannot_know);
  }
  ha::BeginAction begin;
  begin.action.id = 8;
  const auto ended = std::get<ha::ActionEnded>(*fail(begin));
  CHECK(ended.id == 8);
  CHECK(ended.result.outcome == ha::ActionResult::Outcome::failed);
  CHECK_FALSE(fail(ha::ArmGuard{}).has_value());
  CHECK_FALSE(fail(ha::AskPeer{"n2"}).has_value());
}

}  // namespace
}  // namespace tamada::agent
