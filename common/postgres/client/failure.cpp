#include "common/postgres/client/failure.h"

#include <array>
#include <cstddef>

namespace tamada::postgres {

namespace {

struct KindRow {
  const char* name;
  ErrorKind kind;
};

// In the order of FailureKind.
constexpr std::array<KindRow, 13> kinds{{
    {"invalid", ErrorKind::invalid},
    {"no_resources", ErrorKind::system},
    {"refused", ErrorKind::refused},
    {"unreachable", ErrorKind::unreachable},
    {"authentication", ErrorKind::denied},
    {"rejected", ErrorKind::unavailable},
    {"timed_out", ErrorKind::timeout},
    {"cancelled", ErrorKind::closed},
    {"server_error", ErrorKind::unavailable},
    {"lost", ErrorKind::reset},
    {"not_connected", ErrorKind::closed},
    {"too_large", ErrorKind::too_large},
    {"unsupported", ErrorKind::invalid},
}};
static_assert(kinds.size() == static_cast<std::size_t>(FailureKind::unsupported) + 1);

// In the order of Stage and Outcome.
constexpr std::array<const char*, 6> stages{"start", "connect", "encryption",
                                            "login", "session", "statement"};
static_assert(stages.size() == static_cast<std::size_t>(Stage::statement) + 1);
constexpr std::array<const char*, 3> outcomes{"not_sent", "answered", "unknown"};
static_assert(outcomes.size() == static_cast<std::size_t>(Outcome::unknown) + 1);

}  // namespace

const char* name_of(FailureKind kind) {
  return kinds.at(static_cast<std::size_t>(kind)).name;
}

ErrorKind error_kind_of(FailureKind kind) {
  return kinds.at(static_cast<std::size_t>(kind)).kind;
}

const char* name_of(Stage stage) {
  return stages.at(static_cast<std::size_t>(stage));
}

const char* name_of(Outcome outcome) {
  return outcomes.at(static_cast<std::size_t>(outcome));
}

FailureKind kind_of_startup_error(std::string_view sqlstate) {
  if (sqlstate.empty()) return FailureKind::unreachable;
  return sqlstate.substr(0, 2) == "28" ? FailureKind::authentication : FailureKind::rejected;
}

bool ends_session(const ErrorResponse& error) {
  return error.severity == "FATAL" || error.severity == "PANIC";
}

Outcome outcome_of_error(const ErrorResponse& error) {
  const bool unknown =
      error.sqlstate.empty() || ends_session(error) || error.sqlstate == "08007" || error.sqlstate == "40003";
  return unknown ? Outcome::unknown : Outcome::answered;
}

}  // namespace tamada::postgres
