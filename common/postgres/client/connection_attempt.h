// How a session comes about: libpq's non-blocking start, one attempt for each host. On the connection's
// thread.
#pragma once

#include "common/base/time.h"
#include "common/postgres/client/connection_link.h"
#include "common/postgres/client/conninfo.h"
#include "common/postgres/client/pq_values.h"

namespace tamada::postgres {

// Tries the hosts in their order. Each but the last has an equal share of the time that is left until
// `deadline`; the last goes on until the link is ended, which is its owner's business. As in libpq the next
// host is tried after one that could not be connected to or took its time, that answered 57P03 (cannot
// connect now), or that is not what target_session_attrs asks for; any other answer ends it, a refused
// password among them. The failure is the last host's, its words tell of all.
//
// Notices go to `notices`, which must live as long as the connection. Blocks where libpq does, and then knows
// neither shares nor the end of the link.
struct NoticeTaker {
  void (*take)(void* argument, const PGresult* notice);
  void* argument;
};
[[nodiscard]] tl::expected<PqConnection, Failure> connect(ConnectionLink& link, const Conninfo& parameters,
                                                          TimePoint deadline, const NoticeTaker& notices);

}  // namespace tamada::postgres
