#include "common/base/new_words.h"

#include <algorithm>
#include <utility>

namespace tamada {

std::vector<std::string> NewWords::take(const std::vector<std::string>& now) {
  const std::vector<std::string> before = std::exchange(last_, now);
  std::vector<std::string> found;
  for (const std::string& words : now) {
    const bool is_known = std::find(before.begin(), before.end(), words) != before.end() ||
                          std::find(found.begin(), found.end(), words) != found.end();
    if (!is_known) found.push_back(words);
  }
  return found;
}

}  // namespace tamada
