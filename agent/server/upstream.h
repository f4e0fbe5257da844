// Upstream: a member whose PostgreSQL can be connected to, as its key tells. A value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tamada::agent {

struct Upstream {
  std::string name;  // of the member; empty: nobody
  std::string host;  // of its conn_url
  std::uint16_t port = 5432;
  std::string api_url;

  [[nodiscard]] bool is_set() const { return !name.empty() && !host.empty(); }
  bool operator==(const Upstream&) const = default;
};

using Upstreams = std::vector<Upstream>;

}  // namespace tamada::agent
