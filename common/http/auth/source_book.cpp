#include "common/http/auth/source_book.h"

namespace tamada::http {

SourceBook::Entry& SourceBook::Kind::touch(const std::string& source, TimePoint now, std::size_t most) {
  const auto [found, is_new] = entries.try_emplace(source);
  Entry& entry = found->second;
  if (is_new) {
    if (entries.size() > most) forget(std::string(order.back()));
    order.push_front(source);
    entry.place = order.begin();
  } else {
    order.splice(order.begin(), order, entry.place);
  }
  entry.at = now;
  return entry;
}

void SourceBook::Kind::forget(const std::string& source) {
  const auto found = entries.find(source);
  if (found == entries.end()) return;
  order.erase(found->second.place);
  entries.erase(found);
}

Standing SourceBook::of(const std::string& source, TimePoint now) const {
  const auto right = right_.entries.find(source);
  if (right != right_.entries.end() && now - right->second.at < trust_lasts) return Standing::trusted;
  const auto trouble = trouble_.entries.find(source);
  if (trouble != trouble_.entries.end() && now - trouble->second.at < trouble_lasts) {
    return Standing::troublesome;
  }
  return Standing::unknown;
}

void SourceBook::right(const std::string& source, TimePoint now) {
  right_.touch(source, now, trusted_max).troubles = 0;
  trouble_.forget(source);
}

void SourceBook::trouble(const std::string& source, TimePoint now) {
  trouble_.touch(source, now, troublesome_max);
  const auto trusted = right_.entries.find(source);
  if (trusted != right_.entries.end() && ++trusted->second.troubles >= trust_ends_at) right_.forget(source);
}

}  // namespace tamada::http
