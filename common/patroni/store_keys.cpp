#include "common/patroni/store_keys.h"

namespace tamada::patroni {

std::string key_path(const std::string& prefix, const std::string& scope, const std::string& name) {
  std::string path;
  for (const char letter : "/" + prefix + "/" + scope + "/" + name) {
    if (letter != '/' || path.empty() || path.back() != '/') path += letter;
  }
  return path;
}

bool is_system_identifier(std::string_view value) {
  return value.size() >= 10 && value.size() <= 20 &&
         value.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace tamada::patroni
