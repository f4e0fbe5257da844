// ServerLook: one look at this node's PostgreSQL: what the decider is told (view), and what it was made of.
#pragma once

#include <optional>

#include "agent/ha/server_view.h"
#include "agent/postgres/formats/control_data.h"
#include "agent/postgres/server_query.h"
#include "common/base/time.h"

namespace tamada::agent {

// From the beginning of one look to the beginning of the next, where nothing happens.
constexpr Duration usual_look_interval = 3s;

struct ServerLook {
  ha::ServerView view;
  // What SQL told, in this look; none: it was not asked (nothing runs, or it takes no connections) or did not answer.
  std::optional<ServerStatus> status;
  // Of a server that does not run; none: not read, or not to be read.
  std::optional<ControlData> control;
  // SQL was asked and refused, or did not answer: the words of it.
  std::string problem;
};

}  // namespace tamada::agent
