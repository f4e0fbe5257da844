// MetricsQuery: what a scrape of /metrics asks to leave out, as HAProxy's exporter understands it:
//   ?scope=server&scope=tamada   only these (repeatable; an empty one forgets those before it; * is all)
//   ?metrics=a,-b                only a; or, with a minus sign, all but b
//   ?no-maint                    without the servers in maintenance
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace tamada::router {

struct MetricsQuery {
  // Scopes as bits. HAProxy's listener, sticktable and resolver have nothing here, but may be asked for.
  enum Scope : std::uint8_t { global = 1, frontend = 2, backend = 4, server = 8, tamada = 16, nothing = 32 };
  static constexpr std::uint8_t all = 63;
  std::uint8_t scopes = all;
  std::vector<std::string> only;    // full names; empty: all
  std::vector<std::string> except;  // full names
  bool no_maint = false;

  [[nodiscard]] bool wants(std::string_view metric) const;
};

// `query` is what stands after the question mark, still percent-encoded. Unknown keys are ignored; an unknown
// scope, or one without "=", is an error (400 in HAProxy).
[[nodiscard]] Result<MetricsQuery> parse_metrics_query(std::string_view query);

}  // namespace tamada::router
