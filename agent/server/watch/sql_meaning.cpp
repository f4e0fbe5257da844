#include "agent/server/watch/sql_meaning.h"

#include <string_view>

namespace tamada::agent {

namespace {

// "operator intervention" of the server itself; 57014 and 57P05 are about one statement or session only.
bool is_not_now(std::string_view sqlstate) {
  return sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03";
}

}  // namespace

SqlMeaning meaning_of(const postgres::Failure& failure) {
  using Kind = postgres::FailureKind;
  switch (failure.kind) {
    case Kind::invalid:
    case Kind::no_resources:
      return SqlMeaning::not_tried;
    case Kind::refused:
      return SqlMeaning::nobody_listens;
    case Kind::unreachable:
    case Kind::timed_out:
    case Kind::not_connected:
      return SqlMeaning::silent;
    case Kind::rejected:
    case Kind::lost:
    case Kind::server_error:
    case Kind::cancelled:
      if (is_not_now(failure.server.sqlstate)) return SqlMeaning::not_now;
      return failure.server.sqlstate.empty() ? SqlMeaning::silent : SqlMeaning::refuses;
    case Kind::authentication:
    case Kind::too_large:
    case Kind::unsupported:
      return SqlMeaning::refuses;
  }
  return SqlMeaning::silent;
}

}  // namespace tamada::agent
