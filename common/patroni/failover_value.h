// FailoverValue: the key `failover`: a change of the leader that somebody asked for. Pure.
//
// It is taken back by writing `{}`, never by removing the key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/patroni/reading.h"

namespace tamada::patroni {

struct FailoverValue {
  std::optional<std::string> leader;     // who is to hand over; not set: whoever leads
  std::optional<std::string> candidate;  // Patroni calls it `member`; not set: whoever is fit
  bool is_scheduled = false;             // for a time
  std::string scheduled_at;              // ISO 8601 with a time zone; empty: for now, or no text

  // Nothing is asked for.
  [[nodiscard]] bool is_none() const { return !leader && !candidate; }
  bool operator==(const FailoverValue&) const = default;
};

// {"leader": "a", "member": "b"}, of which each may be missing, null or empty. None: it is no such thing, longer than any that
// Patroni writes, holds a name longer than name_max, or a key twice.
[[nodiscard]] std::optional<FailoverValue> parse_failover_value(const std::string& value);

// The same as an agent must read it: as every Patroni does, which also takes "a:b" (leader and candidate, from before it was
// JSON). Where a part is unreadable nothing is asked for, and the problem says so.
[[nodiscard]] Reading<FailoverValue> read_failover_value(std::string_view value);
// "{}" for none.
[[nodiscard]] std::string write_failover_value(const FailoverValue& value);

}  // namespace tamada::patroni
