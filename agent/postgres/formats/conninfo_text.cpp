#include "agent/postgres/formats/conninfo_text.h"

#include <algorithm>
#include <array>

namespace tamada::agent {

namespace {

constexpr std::array<std::string_view, 21> usual_order{
    "dbname",      "user",        "passfile",        "password",       "host",
    "port",        "sslmode",     "sslcompression",  "sslcert",        "sslkey",
    "sslpassword", "sslrootcert", "sslcrl",          "sslcrldir",      "application_name",
    "krbsrvname",  "gssencmode",  "channel_binding", "sslnegotiation", "target_session_attrs",
    "options"};

void add(std::string& text, std::string_view key, std::string_view value) {
  if (value.empty() || value.find('\0') != std::string_view::npos) return;
  if (!text.empty()) text += ' ';
  text.append(key).append("=").append(quote_conninfo_value(value));
}

}  // namespace

std::string quote_conninfo_value(std::string_view value) {
  if (!value.empty() && value.find_first_of(" \t\r\n\v\f'\\") == std::string_view::npos)
    return std::string(value);
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string format_conninfo(const ConninfoFields& fields) {
  std::string text;
  for (const std::string_view key : usual_order) {
    const auto found = fields.find(std::string(key));
    if (found != fields.end()) add(text, key, found->second);
  }
  for (const auto& [key, value] : fields) {
    if (std::find(usual_order.begin(), usual_order.end(), key) == usual_order.end()) add(text, key, value);
  }
  return text;
}

}  // namespace tamada::agent
