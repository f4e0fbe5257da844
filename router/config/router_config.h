// RouterConfig: everything a person can set, as one plain struct. The loader (load_router_config.h) makes it
// from router.yaml and TAMADA_* variables, or a list of errors; docs/configuration.md tells users what each
// setting does. Values; copied freely. Ids (ListenerPolicy::id, NodePolicy::id) are not set by the loader but
// by the control loop, which keeps them stable from one configuration to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/address.h"
#include "common/base/time.h"
#include "common/config/file_reader.h"
#include "common/config/tls_client_config.h"
#include "router/balance/policy.h"
#include "router/config/log_settings.h"
#include "router/config/stats_socket.h"
#include "router/config/stats_user.h"

namespace tamada::router {

struct NodeConfig {
  std::string name;
  HostPort postgres;       // default port: cluster.postgres_port
  std::string api_scheme;  // "http" or "https"
  HostPort api;            // default port: cluster.api_port
  [[nodiscard]] std::string api_url() const { return api_scheme + "://" + api.to_string(); }
  bool operator==(const NodeConfig&) const = default;
};

struct EtcdConfig {
  std::vector<std::string> hosts;       // "host:2379" or a URL
  std::string key_prefix = "/service";  // Patroni's `namespace`
  std::string username;
  std::string password;
  std::string password_file;  // read at each login; instead of password
  TlsClientConfig tls;
  Duration heartbeat = 5s;  // how long etcd may say nothing before it counts as silent
  bool operator==(const EtcdConfig&) const = default;
};

struct ClusterConfig {
  std::string name;       // Patroni's scope; empty: any (the etcd watch needs it)
  std::string system_id;  // pinned; empty: learned
  std::vector<NodeConfig> nodes;
  std::uint16_t postgres_port = 5432;
  std::uint16_t api_port = 8008;
  std::string api_scheme = "http";  // of nodes whose API is not given as a URL
  bool discover = false;
  TlsClientConfig api_tls;
  // Sent with what changes something at a node (switchover, restart, reinitialize), never with checks. The
  // loader fills the password from api_password_file, where that is given.
  std::string api_user;
  std::string api_password;
  std::string api_password_file;
  std::optional<EtcdConfig> etcd;
  bool operator==(const ClusterConfig&) const = default;
};

struct KeepaliveConfig {
  bool on = true;
  Duration idle = 60s;
  Duration interval = 10s;
  std::uint32_t count = 3;
  bool operator==(const KeepaliveConfig&) const = default;
};

struct ListenerConfig {
  ListenerPolicy policy;
  std::vector<HostPort> bind;
  std::vector<Network> allow;                // empty: everybody
  std::vector<Network> deny;                 // wins over allow
  std::vector<Network> proxy_protocol_from;  // sources whose connections begin with a PROXY header (v1 or v2)
  std::uint32_t max_connections_per_address = 0;  // clients of one address (IPv6: one /64); 0: no limit
  std::uint32_t max_starting_per_address = 0;  // of those, that have not finished their start-up; 0: no limit
  bool send_proxy_protocol = false;            // begin connections to servers with a PROXY v2 header
  KeepaliveConfig keepalive;
  Duration tcp_user_timeout = 0s;  // 0: off
  Duration connect_timeout = 3s;
  Duration startup_timeout = 30s;  // for what a client owes until it is authenticated
  Duration fin_timeout = 30s;      // after one side has closed
  Duration idle_timeout = 0s;      // 0: never
  bool operator==(const ListenerConfig&) const = default;
};

// HTTPS on the statistics port, where cert_file is set.
struct StatsTlsConfig {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;  // clients must show a certificate that one of these signed; empty: none
  bool operator==(const StatsTlsConfig&) const = default;
};

struct StatsConfig {
  std::vector<HostPort> bind;        // empty: no statistics port
  std::vector<StatsSocket> sockets;  // run-time sockets
  std::uint32_t max_connections = 1000;
  std::vector<Network> proxy_protocol_from;  // whose connections may begin with a PROXY header (v1 or v2)

  // Who may sign in; nobody at all: nothing can be changed over HTTP.
  std::vector<StatsUser> users;
  std::string users_file;             // further users; read when the configuration is
  std::vector<StatsUser> file_users;  // those that the loader found there
  std::string admin_user;             // one more, with the password itself
  std::string admin_password;         // the loader fills it from admin_password_file, where that is given
  std::string admin_password_file;
  bool login_to_read = false;  // looking needs a login, too; /health and /ready never do

  StatsTlsConfig tls;
  StandbyStatus standby_status = StandbyStatus::down;
  bool operator==(const StatsConfig&) const = default;
};

struct RouterConfig {
  ClusterConfig cluster;
  CheckPolicy checks;
  Duration resolve_interval = 15s;        // of names whose nodes are well; host_names.h
  std::vector<ListenerConfig> listeners;  // at least one
  StatsConfig stats;
  LogSettings log;
  std::uint32_t workers = 0;          // 0: chosen from the processors this process may use
  std::uint32_t max_connections = 0;  // clients in all; 0: as many as file descriptors allow
  Duration drain_timeout = 8s;        // SIGTERM: how long sessions may go on
  std::string state_dir;  // administrative state and fail-overs survive a restart here; empty: not
  std::vector<NamedFile> files;
  bool operator==(const RouterConfig&) const = default;
};

}  // namespace tamada::router
