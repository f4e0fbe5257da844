// How long the REST API's clients wait for the HA loop. A value.
#pragma once

#include <chrono>

#include "common/base/time.h"

namespace tamada::agent {

struct ApiLimits {
  Duration query = 2s;  // of PostgreSQL: peers wait for 2 s in all
  Duration work = 10s;  // of etcd, and of everything that is written or begun
  // A restart is told when it is over.
  Duration restart = std::chrono::hours(1);
};

}  // namespace tamada::agent
