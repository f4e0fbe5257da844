#include "common/postgres/client/failure.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::postgres;

TEST_CASE("each kind, stage and outcome has its own name", "[failure]") {
  CHECK(std::string(name_of(FailureKind::invalid)) == "invalid");
  CHECK(std::string(name_of(FailureKind::refused)) == "refused");
  CHECK(std::string(name_of(FailureKind::unreachable)) == "unreachable");
  CHECK(std::string(name_of(FailureKind::timed_out)) == "timed_out");
  CHECK(std::string(name_of(FailureKind::unsupported)) == "unsupported");
  CHECK(error_kind_of(FailureKind::refused) == ErrorKind::refused);
  CHECK(error_kind_of(FailureKind::timed_out) == ErrorKind::timeout);
  CHECK(error_kind_of(FailureKind::lost) == ErrorKind::reset);
  CHECK(error_kind_of(FailureKind::authentication) == ErrorKind::denied);
  CHECK(std::string(name_of(Stage::start)) == "start");
  CHECK(std::string(name_of(Stage::statement)) == "statement");
  CHECK(std::string(name_of(Outcome::unknown)) == "unknown");
}

TEST_CASE("a SQLSTATE that ends a start-up is a matter of who asks, or of the server", "[failure]") {
  CHECK(kind_of_startup_error("28P01") == FailureKind::authentication);
  CHECK(kind_of_startup_error("28000") == FailureKind::authentication);
  CHECK(kind_of_startup_error("57P03") == FailureKind::rejected);
  CHECK(kind_of_startup_error("3D000") == FailureKind::rejected);
  CHECK(kind_of_startup_error("") == FailureKind::unreachable);
}

TEST_CASE("an error says what became of the statement, unless it may have been committed", "[failure]") {
  CHECK(outcome_of_error({"ERROR", "22012", "", "", ""}) == Outcome::answered);
  CHECK(outcome_of_error({"FATAL", "57P01", "", "", ""}) == Outcome::unknown);
  CHECK(outcome_of_error({"PANIC", "XX000", "", "", ""}) == Outcome::unknown);
  CHECK(outcome_of_error({"ERROR", "08007", "", "", ""}) == Outcome::unknown);
  CHECK(outcome_of_error({"ERROR", "40003", "", "", ""}) == Outcome::unknown);
  CHECK(outcome_of_error({}) == Outcome::unknown);
  CHECK(ends_session({"FATAL", "", "", "", ""}));
  CHECK_FALSE(ends_session({"ERROR", "57P01", "", "", ""}));
}
