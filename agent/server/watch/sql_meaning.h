// What it means for the server that a new session with it did not come about, or did not tell what was asked. Pure.
#pragma once

#include "common/postgres/client/failure.h"

namespace tamada::agent {

enum class SqlMeaning {
  not_tried,  // something is missing here (a thread, a parameter that libpq knows): nothing is known of the server
  silent,          // no answer of a PostgreSQL server
  nobody_listens,  // the machine answered for it: it has not opened its sockets yet, or has closed them
  not_now,         // it starts, recovers or stops, or has ended this session (57P01, 57P02, 57P03)
  refuses,         // it answered, so it is alive; what it is it did not say: no such login, too many sessions
};

[[nodiscard]] SqlMeaning meaning_of(const postgres::Failure& failure);

}  // namespace tamada::agent
