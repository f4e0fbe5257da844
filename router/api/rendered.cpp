#include "router/api/rendered.h"

#include <utility>

namespace tamada::router {

Rendered::Answer Rendered::find(std::string_view target, const StatsSnapshot& snapshot) const {
  if (snapshot.number != number_) return nullptr;
  const auto found = answers_.find(target);
  return found == answers_.end() ? nullptr : found->second;
}

void Rendered::keep(std::string target, const StatsSnapshot& snapshot, Answer answer) {
  if (snapshot.number != number_) {
    answers_.clear();
    number_ = snapshot.number;
  }
  if (answers_.size() < answers_max) answers_.insert_or_assign(std::move(target), std::move(answer));
}

}  // namespace tamada::router
