#include "common/etcd/values.h"

#include <utility>

namespace tamada::etcd {

std::string range_end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<unsigned char>(end.back());
    if (last < 0xff) {
      end.back() = static_cast<char>(last + 1);
      return end;
    }
    end.pop_back();
  }
  return std::string(1, '\0');
}

Compare Compare::absent(std::string key) {
  return {std::move(key), Target::create_revision, Operator::equal, {}, 0};
}

Compare Compare::value_is(std::string key, std::string value) {
  return {std::move(key), Target::value, Operator::equal, std::move(value), 0};
}

Compare Compare::mod_revision_is(std::string key, std::int64_t revision) {
  return {std::move(key), Target::mod_revision, Operator::equal, {}, revision};
}

Compare Compare::lease_is(std::string key, std::int64_t lease) {
  return {std::move(key), Target::lease, Operator::equal, {}, lease};
}

}  // namespace tamada::etcd
