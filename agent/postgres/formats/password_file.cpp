#include "agent/postgres/formats/password_file.h"

#include <string_view>
#include <vector>

#include "common/base/list_text.h"

namespace tamada::agent {

namespace {

std::string value_of(const ConninfoFields& fields, const char* key) {
  const auto found = fields.find(key);
  return found == fields.end() ? std::string() : found->second;
}

std::string escaped(std::string_view value) {
  if (value.empty()) return "*";
  std::string text;
  for (const char c : value) {
    if (c == ':' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

Result<std::string> password_file_lines(const ConninfoFields& fields) {
  const std::string password = value_of(fields, "password");
  if (password.empty()) return std::string();
  const std::string user = value_of(fields, "user");
  constexpr std::string_view line_ends("\r\n\0", 3);
  if (password.find_first_of(line_ends) != std::string::npos ||
      user.find_first_of(line_ends) != std::string::npos)
    return fail(ErrorKind::invalid,
                "password file: the password or the user's name has a line end or a zero byte, which libpq's "
                "password files cannot hold; choose another one");
  const std::vector<std::string> hosts = list_items(value_of(fields, "host"));
  const std::vector<std::string> ports = list_items(value_of(fields, "port"));
  std::string lines;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::string port = ports.size() == hosts.size() ? ports[i] : ports.front();
    const std::string& host = hosts[i];
    if (host.find_first_of(line_ends) != std::string::npos ||
        port.find_first_of(line_ends) != std::string::npos)
      return fail(ErrorKind::invalid, "password file: a host or port has a line end or a zero byte");
    const std::string rest = ":" + escaped(port) + ":*:" + escaped(user) + ":" + escaped(password) + "\n";
    lines += escaped(host) + rest;
    // libpq looks up the folder that it was built with by this name, and any other one by its own.
    if (host.substr(0, 1) == "/") lines += "localhost" + rest;
  }
  return lines;
}

}  // namespace tamada::agent
