// ListenerSettings: what the workers need to know of one listener. Immutable: a new configuration makes a new
// one, which new sessions use; a session that is starting keeps the one it began with.
#pragma once

#include <memory>
#include <string>

#include "router/config/router_config.h"
#include "router/session/address_limiter.h"
#include "router/session/rules/session_start.h"

namespace tamada::router {

struct ListenerSettings {
  ListenerId id;
  std::string name;
  bool leads = false;  // `to: leader`: what its servers do wrong is a reason to look at them
  ClientRules rules;
  AddressLimits address_limits;
  KeepaliveConfig keepalive;
  Duration tcp_user_timeout = 0s;
  Duration connect_timeout = 3s;
  Duration startup_timeout = 30s;
  Duration fin_timeout = 30s;
  Duration idle_timeout = 0s;
  SessionLines session_lines = SessionLines::all;  // which sessions have a line in the log at their end
  bool session_starts = false;                     // and whether they have one when they have started
};

using ListenerSettingsPtr = std::shared_ptr<const ListenerSettings>;

[[nodiscard]] inline ListenerSettingsPtr make_listener_settings(const ListenerConfig& config,
                                                                const LogSettings& log) {
  auto settings = std::make_shared<ListenerSettings>();
  settings->id = config.policy.id;
  settings->name = config.policy.name;
  settings->leads = config.policy.is_write();
  settings->rules =
      ClientRules{config.allow, config.deny, config.proxy_protocol_from, config.send_proxy_protocol};
  settings->address_limits = {config.max_connections_per_address, config.max_starting_per_address};
  settings->keepalive = config.keepalive;
  settings->tcp_user_timeout = config.tcp_user_timeout;
  settings->connect_timeout = config.connect_timeout;
  settings->startup_timeout = config.startup_timeout;
  settings->fin_timeout = config.fin_timeout;
  settings->idle_timeout = config.idle_timeout;
  settings->session_lines = log.sessions;
  settings->session_starts = log.session_starts;
  return settings;
}

}  // namespace tamada::router
