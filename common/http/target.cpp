#include "common/http/target.h"

#include <fmt/format.h>

namespace tamada::http {

std::string Target::words() const {
  const char* scheme = tls != nullptr ? "https" : "http";
  const std::string where = address.to_string();
  if (authority == where) return fmt::format("{}://{}", scheme, authority);
  return fmt::format("{}://{} ({})", scheme, authority, where);
}

}  // namespace tamada::http
