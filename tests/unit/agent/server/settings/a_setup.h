// A ServerSetup to test with: the small file of tests/unit/agent/config/loading.h, and a shared configuration as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

#include "agent/server/settings/server_files.h"
#include "tests/unit/agent/config/loading.h"

namespace tamada::agent {

inline ServerSetupPtr a_setup(const std::string& shared = "{}", const std::string& more = "",
                              const std::string& postgresql = "", DescribedSettings known = {}) {
  ConfigValue dynamic = ConfigValue::parse(shared);
  auto read = patroni::read_dynamic_settings(dynamic);
  return make_server_setup(loaded(a_file(more, "  pgpass: /secret/pgpass\n" + postgresql)),
                           std::move(dynamic), std::move(read.settings), 150018, std::move(known));
}

inline const Upstream leader{"leader-1", "10.0.0.2", 5433, "http://10.0.0.2:8008/patroni"};

inline ServerRole primary() {
  return {};
}
inline ServerRole standby() {
  ServerRole role;
  role.is_standby = true;
  role.upstream = leader;
  return role;
}

// The value of a setting in the text, as it is written; "none".
inline std::string line_of(const std::string& text, const std::string& name) {
  const std::size_t found = text.rfind("\n" + name + " = ");
  if (found == std::string::npos) return "none";
  const std::size_t from = found + name.size() + 4;
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace tamada::agent
