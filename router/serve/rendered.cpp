#include "router/serve/rendered.h"

namespace tamada::router {

Rendered::Text Rendered::get(std::string_view key, const StatsSnapshot& snapshot, const Render& render) {
  if (snapshot.number != number_) {
    texts_.clear();
    number_ = snapshot.number;
  }
  if (const auto found = texts_.find(key); found != texts_.end()) return found->second;
  auto text = std::make_shared<const std::string>(render(snapshot));
  if (texts_.size() < texts_max) texts_.emplace(key, text);
  return text;
}

}  // namespace tamada::router
