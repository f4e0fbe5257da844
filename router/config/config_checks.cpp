#include "router/config/config_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/quantity.h"
#include "common/config/setting_findings.h"

namespace tamada::router {

namespace {

class Checker {
 public:
  Checker(const RouterConfig& config, const RawSettings& raw, const FoundElsewhere& found,
          std::vector<ConfigError>& errors)
      : config_(config), found_(found), findings_(raw, errors) {}

  void run() {
    check_nodes();
    check_times();
    check_api();
    if (config_.cluster.etcd) check_etcd(*config_.cluster.etcd);
    for (const ListenerConfig& listener : config_.listeners) check_listener(listener);
    check_binds();
    check_stats_users();
    check_stats_listeners();
    for (const MachineFinding& finding : found_.machine) report(finding.path, finding.message);
  }

 private:
  using Paths = SettingFindings::Paths;

  [[nodiscard]] bool given(const std::string& path) const { return findings_.given(path); }
  void report(const std::string& path, std::string message, const Paths& about = {}) {
    findings_.report(path, std::move(message), about);
  }
  void report_at(std::string where, std::string path, std::string message, const Paths& about) {
    findings_.report_at(std::move(where), std::move(path), std::move(message), about);
  }

  void check_nodes() {
    const auto& nodes = config_.cluster.nodes;
    if (nodes.empty()) {
      report("cluster.nodes",
             "no nodes; name at least one, e.g. cluster: {nodes: [patroni1, patroni2]} or "
             "TAMADA_NODES=patroni1,patroni2");
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) check_pair(nodes[j], nodes[i], i);
    }
  }

  void check_pair(const NodeConfig& earlier, const NodeConfig& node, std::size_t index) {
    std::string same;
    if (node.name == earlier.name) {
      same = fmt::format(
          "two nodes are named \"{}\"; give them names: {{name: ..., postgres: ..., api: ...}}", node.name);
    } else if (node.api == earlier.api) {
      same =
          fmt::format("\"{}\" has the same REST API as \"{}\": {}", node.name, earlier.name, node.api_url());
    } else if (node.postgres == earlier.postgres) {
      same = fmt::format("\"{}\" has the same PostgreSQL as \"{}\": {}", node.name, earlier.name,
                         node.postgres.to_string());
    } else {
      return;
    }
    findings_.report_at(found_.node_places[index], "cluster.nodes", std::move(same));
  }

  void check_times() {
    const CheckPolicy& checks = config_.checks;
    if (checks.fast_interval > checks.interval) {
      report(given("checks.fast_interval") ? "checks.fast_interval" : "checks.interval",
             fmt::format("fast_interval ({}) is longer than interval ({}); expected at most as long",
                         format_duration(checks.fast_interval), format_duration(checks.interval)),
             {"checks.fast_interval", "checks.interval"});
    }
    const Duration needed = checks.interval + checks.timeout;
    if (checks.expire < needed) {
      const char* where = given("checks.expire")     ? "checks.expire"
                          : given("checks.interval") ? "checks.interval"
                                                     : "checks.timeout";
      report_at(where, "checks.expire",
                fmt::format(
                    "{} is shorter than interval + timeout ({} + {}), so a node that answers slowly, but in "
                    "time, would count as silent; set expire to at least {}",
                    format_duration(checks.expire), format_duration(checks.interval),
                    format_duration(checks.timeout), format_duration(needed)),
                {"checks.expire", "checks.interval", "checks.timeout"});
    }
    check_heartbeat();
  }

  // The leader key is looked at every fifth of the heartbeat (LeaderKeyWatch); what is known of it must not
  // be older than what counts as fresh.
  void check_heartbeat() {
    const Duration longest = config_.checks.expire * 4;
    if (!config_.cluster.etcd || config_.cluster.etcd->heartbeat <= longest) return;
    report_at(
        given("cluster.etcd.heartbeat") ? "cluster.etcd.heartbeat" : "checks.expire",
        "cluster.etcd.heartbeat",
        fmt::format(
            "{} is too long for checks.expire ({}): the leader key would be too old to count; set it to "
            "at most {}",
            format_duration(config_.cluster.etcd->heartbeat), format_duration(config_.checks.expire),
            format_duration(longest)),
        {"cluster.etcd.heartbeat", "checks.expire"});
  }

  void check_tls(const std::string& section, const TlsClientConfig& tls) {
    const Paths pair{section + ".cert_file", section + ".key_file"};
    if (!tls.cert_file.empty() && tls.key_file.empty())
      report(section + ".cert_file", "its key_file is missing", pair);
    if (!tls.key_file.empty() && tls.cert_file.empty())
      report(section + ".key_file", "its cert_file is missing", pair);
    if (!tls.verify && !tls.ca_file.empty()) {
      report(section + ".verify", "false, so ca_file would not be used; leave one of them out",
             {section + ".verify", section + ".ca_file"});
    }
  }

  void check_api() {
    const ClusterConfig& cluster = config_.cluster;
    check_credentials("cluster", "api_user", "api_password", cluster.api_user, cluster.api_password);
    const std::string section = "cluster.api_tls";
    check_tls(section, config_.cluster.api_tls);
    const auto& nodes = config_.cluster.nodes;
    const bool https =
        std::any_of(nodes.begin(), nodes.end(), [](const auto& node) { return node.api_scheme == "https"; });
    if (!https && !nodes.empty() && config_.cluster.api_tls != TlsClientConfig{}) {
      report(section,
             "no node's REST API is spoken to by https; set cluster.api_scheme: https, or give the nodes an "
             "api: https://...",
             {section, "cluster.nodes", "cluster.api_scheme"});
    }
  }

  void check_etcd(const EtcdConfig& etcd) {
    const std::string section = "cluster.etcd";
    if (etcd.hosts.empty())
      report(section, "no hosts; expected e.g. hosts: [etcd1:2379, etcd2:2379]", {section + ".hosts"});
    if (config_.cluster.name.empty())
      report(section, "needs cluster.name (Patroni's scope) to find the leader key", {"cluster.name"});
    const Paths credentials{section + ".username", section + ".password", section + ".password_file"};
    const bool password = !etcd.password.empty() || !etcd.password_file.empty();
    if (!etcd.username.empty() && !password)
      report(section + ".username", "the password is missing; set password_file or password", credentials);
    if (etcd.username.empty() && password) report(section, "a password without a username", credentials);
    if (!etcd.password.empty() && !etcd.password_file.empty()) {
      report(section + ".password_file", "password is set as well; leave one of them out", credentials);
    }
    check_tls(section + ".tls", etcd.tls);
    // A host without a scheme is spoken to by https as soon as there are TLS settings.
    const bool plain = std::all_of(etcd.hosts.begin(), etcd.hosts.end(),
                                   [](const auto& host) { return host.starts_with("http://"); });
    if (plain && !etcd.hosts.empty() && etcd.tls != TlsClientConfig{}) {
      report(section + ".tls", "no host is spoken to by https; write hosts: [https://etcd1:2379, ...]",
             {section + ".tls", section + ".hosts"});
    }
  }

  void check_listener(const ListenerConfig& listener) {
    const std::string section = "listeners." + listener.policy.name;
    const ListenerPolicy& policy = listener.policy;
    if (listener.bind.empty())
      report(section + ".bind", "the address is missing; expected e.g. bind: 0.0.0.0:5002");
    const bool known = policy.name == "write" || policy.name == "read";
    if (!known && !given(section + ".to")) {
      report(section + ".to", "missing; say which nodes take its sessions, e.g. to: replica");
    }
    const bool single = policy.reserves.empty();
    const bool leader_only = policy.is_write() || (single && policy.to == Target::standby_leader);
    if (policy.otherwise_leader && !single) {
      report(section + ".otherwise", "has no meaning beside a list in `to`; let the list end with leader",
             {section + ".otherwise", section + ".to"});
    } else if (policy.otherwise_leader && (leader_only || policy.to == Target::any)) {
      report(section + ".otherwise", "leader has no meaning here: the listener goes to the leader already",
             {section + ".otherwise", section + ".to"});
    }
    if ((policy.max_lag || policy.max_lag_time) && leader_only) {
      report(section + ".max_lag", "has no meaning for a listener that goes to the leader",
             {section + ".max_lag", section + ".to"});
    }
    if (policy.require_streaming && leader_only) {
      report(section + ".require_streaming", "has no meaning for a listener that goes to the leader",
             {section + ".require_streaming", section + ".to"});
    }
    if (listener.keepalive.on) {
      check_whole_seconds(section + ".keepalive.idle", listener.keepalive.idle);
      check_whole_seconds(section + ".keepalive.interval", listener.keepalive.interval);
    }
    for (const Network& network : listener.deny) {
      if (std::find(listener.allow.begin(), listener.allow.end(), network) != listener.allow.end()) {
        report(section + ".deny", fmt::format("{} is allowed as well; leave one of them out", network.text()),
               {section + ".allow", section + ".deny"});
      }
    }
  }

  // The kernel counts them in seconds, up to 32767.
  void check_whole_seconds(const std::string& path, Duration span) {
    if (span % 1s != Duration::zero() || span > 32767s) {
      report(path, fmt::format("{}: expected whole seconds, 1s to 32767s", format_duration(span)));
    }
  }

  // Two addresses that one machine cannot both listen on: the same port, and the same address or all of them.
  static bool clash(const HostPort& a, const HostPort& b) {
    if (a.port != b.port) return false;
    if (a.host == b.host) return true;
    const auto is_v6 = [](const HostPort& bind) { return bind.host.find(':') != std::string::npos; };
    const auto is_all = [](const HostPort& bind) { return bind.host == "::" || bind.host == "0.0.0.0"; };
    return is_v6(a) == is_v6(b) && (is_all(a) || is_all(b));
  }

  void check_binds() {
    struct Bound {
      std::string path;
      HostPort bind;
    };
    std::vector<Bound> all;
    for (const ListenerConfig& listener : config_.listeners) {
      for (const HostPort& bind : listener.bind)
        all.push_back({"listeners." + listener.policy.name + ".bind", bind});
    }
    for (const HostPort& bind : config_.stats.bind) all.push_back({"stats.bind", bind});
    for (const StatsSocket& socket : config_.stats.sockets) {
      if (socket.path.empty()) all.push_back({"stats.socket", socket.address});
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (!clash(all[i].bind, all[j].bind)) continue;
        report(all[i].path,
               fmt::format("{} is taken by {} ({}); each needs an address of its own",
                           all[i].bind.to_string(), all[j].path, all[j].bind.to_string()),
               {all[i].path, all[j].path});
      }
    }
  }

  // A user and the password, which stands in a setting or in a file. `section` is where they stand, `user`
  // and `password` the names of the settings.
  void check_credentials(const std::string& section, const std::string& user, const std::string& password,
                         const std::string& name, const std::string& secret) {
    const std::string password_file = password + "_file";
    const Paths about{section + "." + user, section + "." + password, section + "." + password_file};
    if (given(section + "." + password) && given(section + "." + password_file)) {
      report(section + "." + password_file, fmt::format("{} is set as well; leave one of them out", password),
             about);
    }
    const bool has_password = !secret.empty() || given(section + "." + password_file);
    if (!name.empty() && !has_password) {
      report(section + "." + user,
             fmt::format("the password is missing; set {} or {}", password_file, password), about);
    }
    if (name.empty() && has_password) report(section, fmt::format("a password without {}", user), about);
    if (name.find(':') != std::string::npos) {
      report(section + "." + user, "holds a colon, which HTTP uses to separate it from the password");
    }
  }

  void check_stats_users() {
    const StatsConfig& stats = config_.stats;
    check_credentials("stats", "admin_user", "admin_password", stats.admin_user, stats.admin_password);
    std::set<std::string> names;
    if (!stats.admin_user.empty()) names.insert(stats.admin_user);
    const auto add = [&](const std::string& path, const std::vector<StatsUser>& users) {
      for (const StatsUser& user : users) {
        if (names.insert(user.name).second) continue;
        report(path, fmt::format("there is a user \"{}\" already; names must differ, also from users, "
                                 "users_file and admin_user",
                                 user.name));
      }
    };
    add("stats.users", stats.users);
    add("stats.users_file", stats.file_users);
    if (stats.login_to_read && names.empty()) {
      report("stats.login_to_read", "nobody could sign in; set users or users_file",
             {"stats.login_to_read", "stats.users", "stats.users_file", "stats.admin_user"});
    }
  }

  void check_stats_listeners() {
    const StatsConfig& stats = config_.stats;
    const StatsTlsConfig& tls = stats.tls;
    if (!tls.cert_file.empty() && tls.key_file.empty())
      report("stats.tls.cert_file", "its key_file is missing", {"stats.tls.cert_file", "stats.tls.key_file"});
    if (tls.cert_file.empty() && tls != StatsTlsConfig{})
      report("stats.tls", "cert_file is missing", {"stats.tls.cert_file"});
    if (stats.bind.empty() && tls != StatsTlsConfig{} && !given("stats")) {
      report("stats.tls", "there is no statistics port that would use it; set stats.bind");
    }
    std::set<std::string> paths;
    for (const StatsSocket& socket : stats.sockets) {
      if (socket.path.empty() || paths.insert(socket.path).second) continue;
      report("stats.socket", fmt::format("{} stands there twice", socket.path));
    }
  }

  const RouterConfig& config_;
  const FoundElsewhere found_;
  SettingFindings findings_;
};

}  // namespace

void check_config(const RouterConfig& config, const RawSettings& raw, const FoundElsewhere& found,
                  std::vector<ConfigError>& errors) {
  Checker(config, raw, found, errors).run();
}

}  // namespace tamada::router
