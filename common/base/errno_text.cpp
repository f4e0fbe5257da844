#include "common/base/errno_text.h"

#include <fmt/format.h>

#include <cctype>
#include <cerrno>
#include <cstring>

namespace tamada {

std::string describe_errno(int code) {
  const char* words = strerrordesc_np(code);
  const char* name = strerrorname_np(code);
  if (words == nullptr || name == nullptr) return fmt::format("error {}", code);
  std::string text = words;
  // "No route to host" goes on a sentence; "RPC ..." keeps its capitals.
  const bool acronym = text.size() > 1 && std::isupper(static_cast<unsigned char>(text[1])) != 0;
  if (!acronym) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return fmt::format("{} ({})", text, name);
}

ErrorKind kind_of_errno(int code) {
  switch (code) {
    case ECONNREFUSED:
      return ErrorKind::refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return ErrorKind::reset;
    case ETIMEDOUT:
      return ErrorKind::timeout;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EADDRNOTAVAIL:
      return ErrorKind::unreachable;
    default:
      return ErrorKind::system;
  }
}

}  // namespace tamada
