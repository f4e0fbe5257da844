// StatusValue: the key `status`: how far the leader's WAL was, and where its slots are. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/patroni/reading.h"

namespace tamada::patroni {

struct StatusValue {
  std::uint64_t optime = 0;  // bytes of WAL; 0: not known
  // Not set: the writer told nothing of slots. 0 for a position that is unreadable, as in Patroni.
  std::optional<std::map<std::string, std::uint64_t, std::less<>>> slots;
  std::vector<std::string> retain_slots;  // of members that were here within member_slots_ttl

  bool operator==(const StatusValue&) const = default;
};

// JSON, or, from before Patroni 2.1, a number alone (also that of the key optime/leader). Slots may come as a text that
// holds their JSON. Unreadable parts are as not there.
[[nodiscard]] Reading<StatusValue> read_status_value(std::string_view value);
// {"optime":1,"slots":{"a":2},"retain_slots":["b"]}, the parts that are there.
[[nodiscard]] std::string write_status_value(const StatusValue& value);

}  // namespace tamada::patroni
