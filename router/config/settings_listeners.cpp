// The rows of `listeners:`.
#include "router/config/setting_rows.h"

namespace tamada::router {

using namespace setting_rows;

namespace {

// A size in bytes, or a duration: "16MB", "1048576", "10s".
Result<void> parse_max_lag(std::string_view text, ListenerPolicy& policy) {
  policy.max_lag.reset();
  policy.max_lag_time.reset();
  if (text == "off") return {};
  const char last = text.empty() ? '0' : text.back();
  if (last == 'b' || last == 'B' || (last >= '0' && last <= '9')) {
    auto size = parse_size(text);
    if (!size) return tl::make_unexpected(size.error());
    policy.max_lag = *size;
    return {};
  }
  auto span = parse_span(text, 100ms, a_day, false);
  if (!span) return tl::make_unexpected(span.error());
  policy.max_lag_time = *span;
  return {};
}

std::string format_max_lag(const ListenerPolicy& policy) {
  if (policy.max_lag_time) return format_duration(*policy.max_lag_time);
  return policy.max_lag ? format_size(*policy.max_lag) : std::string("off");
}

void add_routing(std::vector<Setting>& rows) {
  rows.push_back(binds(
      "listeners.*.bind", "where clients connect",
      [](SettingScope & s) -> auto& { return s.listener.bind; }));
  Setting to{{"listeners.*.to",
              "leader, replica, any, sync, async, standby-leader or tag:key=value, or a list of them",
              "which nodes take its sessions; of a list the first entry that has a fit node",
              SettingForm::joined_list},
             [](SettingScope& s, std::string_view text) { return parse_target(text, s.listener.policy); },
             nullptr,
             [](const SettingScope& s) { return Texts{format_target(s.listener.policy)}; }};
  rows.push_back(std::move(to));
  rows.push_back(word(
      "listeners.*.otherwise", "where sessions go once every node has answered or failed and none is fit",
      [](SettingScope & s) -> auto& { return s.listener.policy.otherwise_leader; }, otherwise_words));
  rows.push_back(word(
      "listeners.*.balance", "how one of several fit nodes is chosen",
      [](SettingScope & s) -> auto& { return s.listener.policy.balance; }, balance_words));
  rows.push_back(
      {{"listeners.*.max_lag", "size, duration or off",
        "a replica further behind the leader, in bytes or in time, gets no new sessions (16MB is 16 x 1024 "
        "x 1024 bytes)"},
       [](SettingScope& s, std::string_view text) { return parse_max_lag(text, s.listener.policy); },
       nullptr,
       [](const SettingScope& s) { return Texts{format_max_lag(s.listener.policy)}; }});
  rows.push_back(on_off(
      "listeners.*.require_streaming",
      "a replica that does not stream from the leader gets no new sessions, however little it lags",
      [](SettingScope & s) -> auto& { return s.listener.policy.require_streaming; }));
  rows.push_back(word(
      "listeners.*.on_lag",
      "sessions of a replica that lags too far, has `noloadbalance`, or does not stream though it must",
      [](SettingScope & s) -> auto& { return s.listener.policy.on_lag; }, ending_words));
  rows.push_back(word(
      "listeners.*.on_fail", "sessions of a node that failed: neither REST API nor PostgreSQL answers",
      [](SettingScope & s) -> auto& { return s.listener.policy.on_fail; }, ending_words));
  rows.push_back(word(
      "listeners.*.on_promote", "sessions of a replica that became leader; a demoted leader's are always cut",
      [](SettingScope & s) -> auto& { return s.listener.policy.on_promote; }, ending_words));
}

void add_limits(std::vector<Setting>& rows) {
  rows.push_back(duration_or_off(
      "listeners.*.hold", "how long a client waits for a fit node; off: not at all",
      [](SettingScope & s) -> auto& { return s.listener.policy.hold; }, 1ms));
  rows.push_back(count(
      "listeners.*.max_held", "clients that may wait at a time",
      [](SettingScope & s) -> auto& { return s.listener.policy.max_held; }, 0, a_million));
  rows.push_back(count(
      "listeners.*.max_starting",
      "start-ups per node that wait for the server at a time, so that a crowd does not fall over it",
      [](SettingScope & s) -> auto& { return s.listener.policy.max_starting; }, 1, a_million));
  rows.push_back(count(
      "listeners.*.max_connections", "sessions of this listener, further clients wait; 0: no limit",
      [](SettingScope & s) -> auto& { return s.listener.policy.max_connections; }, 0, a_million));
  rows.push_back(count(
      "listeners.*.node_max_connections",
      "sessions of this listener per node, further clients wait; 0: no limit",
      [](SettingScope & s) -> auto& { return s.listener.policy.node_max_connections; }, 0, a_million));
  rows.push_back(count(
      "listeners.*.max_connections_per_address",
      "clients of one address at a time (IPv6: of one /64); 0: no limit",
      [](SettingScope & s) -> auto& { return s.listener.max_connections_per_address; }, 0, a_million));
  rows.push_back(count(
      "listeners.*.max_starting_per_address",
      "of those, clients that have not finished their start-up; 0: no limit",
      [](SettingScope & s) -> auto& { return s.listener.max_starting_per_address; }, 0, a_million));
}

void add_sources(std::vector<Setting>& rows) {
  rows.push_back(networks(
      "listeners.*.allow", "who may connect; none: everybody",
      [](SettingScope & s) -> auto& { return s.listener.allow; }));
  rows.push_back(networks(
      "listeners.*.deny", "who may not; wins over allow",
      [](SettingScope & s) -> auto& { return s.listener.deny; }));
  rows.push_back(networks(
      "listeners.*.proxy_protocol_from",
      "load balancers whose connections begin with a PROXY header (v1 or v2)",
      [](SettingScope & s) -> auto& { return s.listener.proxy_protocol_from; }));
  rows.push_back(on_off(
      "listeners.*.send_proxy_protocol",
      "begin connections to servers with a PROXY v2 header (PostgreSQL itself does not read it)",
      [](SettingScope & s) -> auto& { return s.listener.send_proxy_protocol; }));
}

void add_connection_times(std::vector<Setting>& rows) {
  rows.push_back(duration(
      "listeners.*.keepalive.idle", "quiet for this long: TCP asks whether the peer lives (whole seconds)",
      [](SettingScope & s) -> auto& { return s.listener.keepalive.idle; }, 1s));
  rows.push_back(duration(
      "listeners.*.keepalive.interval", "then again this often (whole seconds)",
      [](SettingScope & s) -> auto& { return s.listener.keepalive.interval; }, 1s));
  rows.push_back(count(
      "listeners.*.keepalive.count", "so many times without an answer: the connection is dead",
      [](SettingScope & s) -> auto& { return s.listener.keepalive.count; }, 1, 127));
  // After the settings under it, so that `off` from the environment wins over a map in the file.
  rows.push_back(on_off(
      "listeners.*.keepalive", "TCP keepalive on both sides",
      [](SettingScope & s) -> auto& { return s.listener.keepalive.on; }));
  rows.push_back(duration_or_off(
      "listeners.*.tcp_user_timeout",
      "sent bytes unacknowledged for this long end the connection; also cuts peers that read slowly",
      [](SettingScope & s) -> auto& { return s.listener.tcp_user_timeout; }, 1ms));
  rows.push_back(duration(
      "listeners.*.connect_timeout", "for the TCP connection to a server",
      [](SettingScope & s) -> auto& { return s.listener.connect_timeout; }, 1ms));
  rows.push_back(duration(
      "listeners.*.startup_timeout",
      "for all that a client owes until it is authenticated: its first packets, its answers to the server",
      [](SettingScope & s) -> auto& { return s.listener.startup_timeout; }, 1ms));
  rows.push_back(duration(
      "listeners.*.fin_timeout", "for the other side, after one side has closed",
      [](SettingScope & s) -> auto& { return s.listener.fin_timeout; }, 1ms));
  rows.push_back(duration_or_off(
      "listeners.*.idle_timeout", "no byte in either direction for this long ends the session",
      [](SettingScope & s) -> auto& { return s.listener.idle_timeout; }, 1ms));
}

}  // namespace

void add_listener_settings(std::vector<Setting>& rows) {
  add_routing(rows);
  add_limits(rows);
  add_sources(rows);
  add_connection_times(rows);
}

}  // namespace tamada::router
