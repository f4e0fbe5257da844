#include "agent/server/settings/host_rules.h"

#include <fmt/format.h>

#include "agent/postgres/formats/server_config_text.h"
#include "agent/server/settings/own_account.h"

namespace tamada::agent {

namespace {

// A name in double quotes is no key word.
std::string in_quotes(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    if (c != '\n' && c != '\r') text += c;
  }
  return text + "\"";
}

}  // namespace

std::optional<std::string> host_rules_text(const RoleLines& lines, const std::string& role) {
  const auto found = lines.of_role.find(role);
  const bool has_own = found != lines.of_role.end() && !found->second.empty();
  const std::vector<std::string>& used = has_own ? found->second : lines.lines;
  if (used.empty()) return std::nullopt;
  return format_host_rules(used);
}

std::string closed_host_rules_text(const ServerSetup& setup) {
  const DatabaseUser& superuser = setup.config.postgres.superuser;
  const std::string name = superuser.username.empty() ? own_account().name : superuser.username;
  const std::string user = name.empty() ? "all" : in_quotes(name);
  // md5 takes a SCRAM password, too.
  const bool is_known = setup.config.bootstrap.method == "initdb" && !superuser.password.empty();
  const char* const method = is_known ? "md5" : "trust";
  return format_host_rules({"# Closed to clients until this node holds the leader lock.",
                            fmt::format("local all {} {}", user, method),
                            fmt::format("host all {} samehost {}", user, method), "local all all reject",
                            "local replication all reject", "host all all all reject",
                            "host replication all all reject"});
}

}  // namespace tamada::agent
