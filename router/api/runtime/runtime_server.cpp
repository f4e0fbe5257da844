#include "router/api/runtime/runtime_server.h"

#include <algorithm>
#include <charconv>

#include "router/balance/balancing.h"
#include "router/stats/haproxy/haproxy_names.h"

namespace tamada::router {

namespace {

tl::unexpected<Error> say(std::string words) {
  return fail(ErrorKind::invalid, std::move(words));
}

}  // namespace

int find_backend(const StatsSnapshot& snapshot, std::string_view name) {
  const auto names = proxy_names(snapshot);
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

Result<RuntimeServer> find_server(const StatsSnapshot& snapshot, std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return say("Require 'backend/server'.\n");
  const int backend = find_backend(snapshot, text.substr(0, slash));
  if (backend < 0) return say("No such backend.\n");
  const std::string_view name = text.substr(slash + 1);
  const auto names = server_names(snapshot);
  auto index = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (index == names.size()) {
    const auto goes_by = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                      [&](const NodeStats& node) { return node.view.name == name; });
    index = static_cast<std::size_t>(goes_by - snapshot.nodes.begin());
  }
  const ListenerStats& listener = snapshot.listeners[static_cast<std::size_t>(backend)];
  if (index >= snapshot.nodes.size() || index >= listener.routes.size()) return say("No such server.\n");
  return RuntimeServer{&listener, &snapshot.nodes[index], &listener.routes[index]};
}

Result<std::uint32_t> parse_weight(std::string_view text) {
  if (text.empty()) return say("Require <weight> or <weight%>.\n");
  std::int64_t weight = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
  if (error == std::errc::invalid_argument) return say("Empty weight string empty or preceded by garbage\n");
  const std::string_view rest = digits.substr(static_cast<std::size_t>(end - digits.data()));
  const bool overflow = error == std::errc::result_out_of_range;
  if (rest == "%") {
    if (weight < 0 || (overflow && text.starts_with('-'))) return say("Relative weight must be positive.\n");
    constexpr std::int64_t most = std::int64_t{weight_max} * 100;
    // Of the configured weight, 1, in whole numbers: 50% is 0, as it is in HAProxy.
    return static_cast<std::uint32_t>((overflow ? most : std::min(weight, most)) / 100);
  }
  if (overflow || weight < 0 || weight > weight_max)
    return say("Absolute weight can only be between 0 and 256 inclusive.\n");
  if (!rest.empty()) return say("Trailing garbage in weight string\n");
  return static_cast<std::uint32_t>(weight);
}

}  // namespace tamada::router
