#include "common/base/secret.h"

namespace tamada {

bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // Volatile, so that no compiler ends the loop at the first difference.
  volatile unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto differs = static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    difference = difference | static_cast<unsigned>(differs);
  }
  return difference == 0;
}

}  // namespace tamada
