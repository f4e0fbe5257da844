// The rows of `cluster:` and `checks:`.
#include <fmt/format.h>

#include "router/config/node_map.h"
#include "router/config/setting_rows.h"

namespace tamada::router {

using namespace setting_rows;

namespace {

// The five settings of a TLS client, the same under cluster.api_tls and cluster.etcd.tls.
template <class Field>
void add_tls(std::vector<Setting>& rows, const std::string& path, const std::string& whom, Field tls) {
  rows.push_back(file(text(
      path + ".ca_file", "file",
      "certificates of the authorities that " + whom + " may be signed by (PEM); none: those of the system",
      [tls](SettingScope & s) -> auto& { return tls(s).ca_file; })));
  rows.push_back(file(text(
      path + ".cert_file", "file",
      "our client certificate (PEM), where " + whom + " asks for one", [tls](SettingScope & s) -> auto& {
        return tls(s).cert_file;
      })));
  rows.push_back(file(text(
      path + ".key_file", "file",
      "the private key of cert_file (PEM)", [tls](SettingScope & s) -> auto& { return tls(s).key_file; })));
  rows.push_back(text(
      path + ".server_name", "text",
      "the name that the certificate must carry; none: the host asked", [tls](SettingScope & s) -> auto& {
        return tls(s).server_name;
      }));
  rows.push_back(on_off(
      path + ".verify", "check the certificate; false accepts anybody", [tls](SettingScope & s) -> auto& {
        return tls(s).verify;
      }));
}

Setting nodes_row() {
  return {{"cluster.nodes", "list of nodes",
           "the nodes to ask; `name`, `host:port` of PostgreSQL, or a map (see below). Also `TAMADA_NODES`",
           SettingForm::list_of_maps},
          [](SettingScope& s, std::string_view text) -> Result<void> {
            const ClusterConfig& cluster = s.config.cluster;
            auto postgres = HostPort::parse(text, cluster.postgres_port);
            if (!postgres) return tl::make_unexpected(postgres.error());
            s.config.cluster.nodes.push_back(
                {postgres->host, *postgres, cluster.api_scheme, HostPort{postgres->host, cluster.api_port}});
            return {};
          },
          [](SettingScope& s) { s.config.cluster.nodes.clear(); },
          [](const SettingScope& s) {
            Texts texts;
            for (const NodeConfig& node : s.config.cluster.nodes) {
              texts.push_back(fmt::format(R"({{name: {}, postgres: "{}", api: "{}"}})", as_yaml(node.name),
                                          node.postgres.to_string(), node.api_url()));
            }
            return texts;
          },
          [](SettingScope& s, const YamlNode& map) { return take_node_map(map, s.config.cluster); }};
}

void add_cluster(std::vector<Setting>& rows) {
  rows.push_back(text(
      "cluster.name", "text", "Patroni's scope; nodes that say another one are refused. Needed with etcd",
      [](SettingScope & s) -> auto& { return s.config.cluster.name; }));
  rows.push_back(text(
      "cluster.system_id", "text",
      "pins the database system identifier (pg_controldata); none: learned from the nodes",
      [](SettingScope & s) -> auto& { return s.config.cluster.system_id; }));
  rows.push_back(port(
      "cluster.postgres_port", "PostgreSQL's port, where a node names none",
      [](SettingScope & s) -> auto& { return s.config.cluster.postgres_port; }));
  rows.push_back(port(
      "cluster.api_port", "the REST API's port, where a node names none",
      [](SettingScope & s) -> auto& { return s.config.cluster.api_port; }));
  rows.push_back(one_of(
      "cluster.api_scheme", "how the REST API is spoken to, where a node gives no URL",
      [](SettingScope & s) -> auto& { return s.config.cluster.api_scheme; }, api_schemes));
  rows.push_back(nodes_row());  // after the defaults it uses
  rows.push_back(on_off(
      "cluster.discover", "also use members that GET /cluster names and nobody configured",
      [](SettingScope & s) -> auto& { return s.config.cluster.discover; }));
  rows.push_back(text(
      "cluster.api_user", "text",
      "sent with what changes something at a node (switchover, restart, reinitialize), never with checks",
      [](SettingScope & s) -> auto& { return s.config.cluster.api_user; }));
  rows.push_back(secret(text(
      "cluster.api_password", "text", "the password of api_user; better in a file",
      [](SettingScope & s) -> auto& { return s.config.cluster.api_password; })));
  rows.push_back(file(text(
      "cluster.api_password_file", "file", "a file with the password, instead of api_password",
      [](SettingScope & s) -> auto& { return s.config.cluster.api_password_file; })));
  add_tls(
      rows, "cluster.api_tls", "the REST API",
      [](SettingScope & s) -> auto& { return s.config.cluster.api_tls; });
}

void add_etcd(std::vector<Setting>& rows) {
  rows.push_back(list(
      "cluster.etcd.hosts", "host:port or URL",
      "etcd's members; with it, the leader key is watched. https where the URL or `tls` says so",
      [](SettingScope & s) -> auto& { return s.etcd.hosts; }, parse_etcd_host,
      [](const std::string& host) { return host; }));
  rows.push_back(text(
      "cluster.etcd.namespace", "text", "Patroni's `namespace`: where its keys begin",
      [](SettingScope & s) -> auto& { return s.etcd.key_prefix; }));
  rows.push_back(text(
      "cluster.etcd.username", "text", "etcd's user, where it asks for one",
      [](SettingScope & s) -> auto& { return s.etcd.username; }));
  rows.push_back(secret(text(
      "cluster.etcd.password", "text", "its password; better in a file",
      [](SettingScope & s) -> auto& { return s.etcd.password; })));
  rows.push_back(file(text(
      "cluster.etcd.password_file", "file",
      "a file with the password, instead of password; read again at each login",
      [](SettingScope & s) -> auto& { return s.etcd.password_file; })));
  rows.push_back(duration(
      "cluster.etcd.heartbeat", "how long etcd may say nothing before it counts as silent",
      [](SettingScope & s) -> auto& { return s.etcd.heartbeat; }, 100ms));
  add_tls(
      rows, "cluster.etcd.tls", "etcd", [](SettingScope & s) -> auto& { return s.etcd.tls; });
}

void add_checks(std::vector<Setting>& rows) {
  rows.push_back(duration(
      "checks.interval", "how often each node is asked while all is well",
      [](SettingScope & s) -> auto& { return s.config.checks.interval; }, 10ms));
  rows.push_back(duration(
      "checks.fast_interval", "how often while there is no confirmed leader or a session hints at trouble",
      [](SettingScope & s) -> auto& { return s.config.checks.fast_interval; }, 10ms));
  rows.push_back(duration(
      "checks.timeout", "an answer that takes longer is silence",
      [](SettingScope & s) -> auto& { return s.config.checks.timeout; }, 10ms));
  rows.push_back(count(
      "checks.fall", "silences in a row before a second opinion is asked for",
      [](SettingScope & s) -> auto& { return s.config.checks.fall; }, 1, 1000));
  rows.push_back(duration(
      "checks.expire", "an answer whose request is older than this is silence; at least interval + timeout",
      [](SettingScope & s) -> auto& { return s.config.checks.expire; }, 10ms));
  rows.push_back(duration(
      "checks.adopt_after", "no node has shown the old system identifier for this long: a new one is adopted",
      [](SettingScope & s) -> auto& { return s.config.checks.adopt_after; }, 1s));
}

}  // namespace

void add_cluster_settings(std::vector<Setting>& rows) {
  add_cluster(rows);
  add_etcd(rows);
  add_checks(rows);
}

}  // namespace tamada::router
