// The variables that Patroni's containers are configured by: PATRONI_*.
//
// Children do not see them: an agent starts PostgreSQL, callbacks and all other programs without the
// variables of is_hidden_from_children(), since they hold passwords.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/load_agent_config.h"
#include "common/config/environment.h"
#include "common/config/yaml_tree.h"

namespace tamada::agent {

// All whose names begin with PATRONI_.
[[nodiscard]] bool is_hidden_from_children(std::string_view variable);
// Those, and what is meant for the agent alone: KUBERNETES_* and NOTIFY_SOCKET.
[[nodiscard]] bool is_hidden_from_postgres(std::string_view variable);

// The process's variables of that prefix.
[[nodiscard]] Environment agent_environment();

// Lays what the variables say over the document, as if a last file said so; the places that it makes name the
// variables, which are added to `files`. What cannot be understood is an error; a variable that nobody knows,
// a warning. Empty variables count as not set.
void overlay_environment(const Environment& environment, YamlNode& root, std::vector<std::string>& files,
                         LoadedAgentConfig& loaded);

// Every variable that is read, with the setting it is for: "PATRONI_SUPERUSER_PASSWORD" ->
// "postgresql.authentication.superuser.password".
struct AgentVariable {
  enum class Form : std::uint8_t { text, on_off, number, list, map };
  std::string name;
  std::string path;
  Form form = Form::text;
};
[[nodiscard]] const std::vector<AgentVariable>& agent_variables();

}  // namespace tamada::agent
