// synchronous_standby_names: written in exactly the text that Patroni writes, which other members compare; and read
// as PostgreSQL reads what anybody wrote (syncrep_gram.y, syncrep_scanner.l).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tamada::agent {

struct SyncStandbyNames {
  enum class Mode { off, priority, quorum };
  Mode mode = Mode::off;
  std::uint32_t count = 0;         // that must confirm
  std::vector<std::string> names;  // as written; PostgreSQL compares them without regard to case
  bool has_star = false;           // * stands among them: any standby

  bool operator==(const SyncStandbyNames&) const = default;
};

// Quoted unless it is an identifier, and not FIRST or ANY: "postgres-1" in double quotes, postgres1 without.
[[nodiscard]] std::string quote_standby_name(std::string_view name);

// Empty for off and for no names; priority: `a` for one, `2 (a,"b-1")` for several; quorum: `ANY 1 (a)`, also for
// one. The names are sorted by their bytes; * counts as a name and is not quoted.
[[nodiscard]] std::string format_sync_standby_names(const SyncStandbyNames& names);

// None: PostgreSQL would refuse it. A list without a number, `a, b`, is priority with count 1.
[[nodiscard]] std::optional<SyncStandbyNames> parse_sync_standby_names(std::string_view text);

// Is one of the names this one, as PostgreSQL compares them (ASCII letters without case)? Not by *.
[[nodiscard]] bool names_standby(const SyncStandbyNames& names, std::string_view standby);

}  // namespace tamada::agent
