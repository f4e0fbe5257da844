// DynamicConfig: the part of Patroni's GET /config (the cluster-wide configuration, written by people) that a
// router uses.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"

namespace tamada::patroni {

enum class SynchronousMode { off, on, quorum };

struct DynamicConfig {
  // Patroni's own defaults stand where a key is absent or null.
  Duration ttl = 30s;  // life of the leader key: nobody else is promoted sooner after a leader's last renewal
  Duration loop_wait = 10s;
  Duration retry_timeout = 10s;
  SynchronousMode synchronous_mode = SynchronousMode::off;
  bool pause = false;
  bool standby_cluster = false;  // the whole cluster follows another one: its leader takes no writes
  bool operator==(const DynamicConfig&) const = default;
};

// As people write it and Patroni takes it: whole numbers also as text ("30"), switches also as on/off,
// yes/no, 1/0; synchronous_mode also "quorum" (4.0). Anything else is an Error that names the key. Numbers
// outside 1 to 86400 s are refused.
[[nodiscard]] Result<DynamicConfig> parse_dynamic_config(std::string_view body);

}  // namespace tamada::patroni
