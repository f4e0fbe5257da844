// The PostgreSQL parameters of a node: the shared configuration's and the node's own file's, merged as
// Patroni merges them. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/patroni/dynamic/python_value.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"

namespace tamada::patroni {

// Names of parameters do not differ by case.
[[nodiscard]] bool same_parameter(std::string_view a, std::string_view b);
struct ParameterLess {
  using is_transparent = void;
  [[nodiscard]] bool operator()(std::string_view a, std::string_view b) const;
};

// Name -> value, as it is written into postgresql.conf (before quoting): True and False for booleans, as
// Patroni writes them and PostgreSQL takes them.
using PostgresParameters = std::map<std::string, std::string, ParameterLess>;

// What follows from the node's own file, whatever anybody configures.
struct ForcedParameters {
  std::string cluster_name;  // the scope
  std::string listen_addresses;
  std::string port;
};

struct EffectiveParameters {
  PostgresParameters all;
  std::vector<DynamicFinding> findings;  // keys: "postgresql.parameters.max_connections"
};

// `shared` and `local`: the sections `parameters`; null and absent ones are empty, anything but an object is
// a finding. Of the local one the parameters of command_line_parameters.h do not count (a finding says so),
// and of the others the local value wins. A shared one of those that cannot be used has its `former` value,
// or the default. `server_version`: as PostgreSQL counts (150004); it decides between wal_keep_segments and
// wal_keep_size.
[[nodiscard]] EffectiveParameters effective_parameters(const ConfigValue& shared, const ConfigValue& local,
                                                       const ForcedParameters& forced, int server_version,
                                                       const PostgresParameters& former = {});

// Of a section of parameters that applies in addition (parameters_primary, ...): those that count there.
void overlay_parameters(const ConfigValue& section, const std::string& key, EffectiveParameters& effective);

// Those of which replicas need at least the leader's value, and that are lower in `next`. Lowered everywhere
// at once they keep every replica from starting: the leader has to be restarted first, and a replica only
// when it has replayed the record of that.
[[nodiscard]] std::vector<std::string> lowered_for_replicas(const PostgresParameters& former,
                                                            const PostgresParameters& next);

}  // namespace tamada::patroni
