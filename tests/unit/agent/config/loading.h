// Helpers for the tests of the agent's configuration: a whole small patroni.yml to add to, and what is told
// of one as text.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include "agent/config/load_agent_config.h"

namespace tamada::agent {

// A file that loads without a word. `more` is added; `postgresql` and `restapi` to those sections, indented
// by two.
inline std::string a_file(const std::string& more = "", const std::string& postgresql = "",
                          const std::string& restapi = "") {
  return "scope: demo\n"
         "name: node1\n"
         "etcd3: {hosts: 'e1:2379,e2:2379'}\n"
         "restapi:\n"
         "  listen: 0.0.0.0:8008\n"
         "  connect_address: 10.0.0.1:8008\n" +
         restapi +
         "postgresql:\n"
         "  listen: 0.0.0.0:5432\n"
         "  connect_address: 10.0.0.1:5432\n"
         "  data_dir: /data\n"
         "  authentication:\n"
         "    superuser: {username: postgres, password: secret-1}\n"
         "    replication: {username: replicator, password: secret-2}\n" +
         postgresql + more;
}

// The errors one a line, then the warnings; "ok" for neither.
inline std::string told(const LoadedAgentConfig& loaded) {
  std::string lines;
  for (const ConfigError& error : loaded.errors) lines += (lines.empty() ? "" : "\n") + error.to_string();
  for (const ConfigWarning& warning : loaded.warnings) {
    lines += (lines.empty() ? "" : "\n") + ("warning: " + warning.place.to_string());
  }
  return lines.empty() ? "ok" : lines;
}

inline std::string told(std::string_view text, const Environment& environment = {}) {
  return told(load_agent_config(text, "p.yml", environment));
}

inline AgentConfig loaded(std::string_view text, const Environment& environment = {}) {
  const LoadedAgentConfig answer = load_agent_config(text, "p.yml", environment);
  INFO(text << "\n" << told(answer));
  REQUIRE(answer.ok());
  return answer.config;
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tamada::agent
