// The kinds of values that only the router's settings have; setting_value.h of common/config has the others,
// and says what the answers are for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/config/setting_value.h"
#include "router/config/router_config.h"

namespace tamada::router {

// "http://h:8008", "https://h", "h:8008": into the node's scheme and address.
Result<void> parse_api(std::string_view text, std::string_view default_scheme, std::uint16_t default_port,
                       NodeConfig& node);

// "etcd1", "etcd1:2379", "https://etcd1:2379", in the same form with the port.
Result<std::string> parse_etcd_host(std::string_view text);

// "leader", "replica", ..., "tag:key=value", or several with commas, into `policy.to`, its tag and
// `reserves`.
Result<void> parse_target(std::string_view text, ListenerPolicy& policy);
std::string format_target(const ListenerPolicy& policy);

inline constexpr std::array<Word<Balance>, 4> balance_words{{{"leastconn", Balance::leastconn},
                                                             {"roundrobin", Balance::roundrobin},
                                                             {"random", Balance::random},
                                                             {"source", Balance::source}}};
inline constexpr std::array<Word<Ending>, 2> ending_words{{{"cut", Ending::cut}, {"drain", Ending::drain}}};
inline constexpr std::array<Word<bool>, 2> otherwise_words{{{"none", false}, {"leader", true}}};
inline constexpr std::array<Word<LogFormat>, 2> log_format_words{
    {{"text", LogFormat::text}, {"json", LogFormat::json}}};
inline constexpr std::array<Word<SessionLines>, 3> session_lines_words{
    {{"all", SessionLines::all}, {"failures", SessionLines::failures}, {"none", SessionLines::none}}};
inline constexpr std::array<Word<StandbyStatus>, 3> standby_status_words{
    {{"DOWN", StandbyStatus::down}, {"MAINT", StandbyStatus::maint}, {"DRAIN", StandbyStatus::drain}}};
inline constexpr std::array<std::string_view, 5> log_levels{"trace", "debug", "info", "warn", "error"};
inline constexpr std::array<std::string_view, 2> api_schemes{"http", "https"};

}  // namespace tamada::router
