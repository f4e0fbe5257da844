// NewWords: of a list of sentences that is made again and again, those that the last one did not hold: so that each is told
// once, and again when it has gone in between. Pure.
#pragma once

#include <string>
#include <vector>

namespace tamada {

class NewWords {
 public:
  // In their order, each once.
  [[nodiscard]] std::vector<std::string> take(const std::vector<std::string>& now);
  [[nodiscard]] const std::vector<std::string>& last() const { return last_; }

 private:
  std::vector<std::string> last_;
};

}  // namespace tamada
