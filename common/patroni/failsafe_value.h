// FailsafeValue: the key `failsafe`: the nodes that a leader has to hear when the store is silent. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/patroni/reading.h"

namespace tamada::patroni {

struct FailsafeValue {
  std::map<std::string, std::string, std::less<>> api_urls;  // by the node's name
  bool operator==(const FailsafeValue&) const = default;
};

// An entry that is unreadable makes the whole value unreadable (empty): a leader that asked only the nodes that it
// understood would go on beside one that it did not ask.
[[nodiscard]] Reading<FailsafeValue> read_failsafe_value(std::string_view value);
[[nodiscard]] std::string write_failsafe_value(const FailsafeValue& value);

}  // namespace tamada::patroni
