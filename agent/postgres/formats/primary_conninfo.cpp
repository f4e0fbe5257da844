#include "agent/postgres/formats/primary_conninfo.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tamada::agent {

namespace {

// libpq's own defaults (fe-connect.c), where they are not empty.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> defaults{{
    {"port", "5432"},
    {"sslmode", "prefer"},
    {"gssencmode", "prefer"},
    {"channel_binding", "prefer"},
    {"target_session_attrs", "any"},
    {"sslnegotiation", "postgres"},
    {"krbsrvname", "postgres"},
}};

// Which lead to another server, even where nobody asked for them.
constexpr std::array<const char*, 6> leading{"host", "hostaddr", "port", "service", "target_session_attrs",
                                             "user"};

std::string value_of(const ConninfoFields& fields, const std::string& key) {
  const auto found = fields.find(key);
  if (found != fields.end() && !found->second.empty()) return found->second;
  for (const auto& [name, value] : defaults) {
    if (name == key) return std::string(value);
  }
  return {};
}

// pg_stat_wal_receiver shows asterisks in its place.
bool is_hidden(const std::string& password) {
  return password.empty() || password.find_first_not_of('*') == std::string::npos;
}

}  // namespace

ConninfoFields build_primary_conninfo(const UpstreamConninfo& upstream) {
  ConninfoFields fields = upstream.upstream;
  for (const auto& [key, value] : upstream.authentication) fields[key] = value;
  fields.erase("dbname");
  fields["application_name"] = upstream.application_name;
  fields.emplace("sslmode", "prefer");
  fields.emplace("gssencmode", "prefer");
  fields.emplace("channel_binding", "prefer");
  if (upstream.server_major >= 17) fields.emplace("sslnegotiation", "postgres");
  if (upstream.server_major < 17) fields.erase("sslnegotiation");  // libpq before refuses the word
  if (upstream.is_remote && value_of(fields, "host").find(',') != std::string::npos)
    fields.emplace("target_session_attrs", "read-write");
  if (upstream.passfile) {
    fields["passfile"] = *upstream.passfile;
    fields.erase("password");
  }
  return fields;
}

std::vector<std::string> conninfo_differences(const ConninfoFields& actual, const ConninfoFields& wanted) {
  std::vector<std::string> different;
  const auto compare = [&](const std::string& key) {
    const std::string is = value_of(actual, key);
    const std::string should = value_of(wanted, key);
    if (key == "dbname" || is == should) return;
    if ((key == "password" || key == "sslpassword") && (is_hidden(is) || is_hidden(should))) return;
    different.push_back(key);
  };
  for (const auto& [key, value] : wanted) compare(key);
  for (const char* key : leading) {
    if (wanted.count(key) == 0) compare(key);
  }
  std::sort(different.begin(), different.end());
  return different;
}

}  // namespace tamada::agent
