#include "router/config/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/quantity.h"
#include "router/config/setting_value.h"

namespace tamada::router {

namespace {

using Texts = std::vector<std::string>;
constexpr Duration a_day = std::chrono::hours(24);
constexpr std::uint32_t a_million = 1'000'000;

// Builders of rows. `field` takes a SettingScope& and gives a reference to the value.

template <class Field>
Setting text(std::string path, std::string type, std::string meaning, Field field) {
  return {std::move(path),
          std::move(type),
          std::move(meaning),
          [field](SettingScope& scope, std::string_view value) -> Result<void> {
            field(scope) = std::string(value);
            return {};
          },
          nullptr,
          [field](const SettingScope& scope) {
            SettingScope copy = scope;
            return field(copy).empty() ? Texts{} : Texts{field(copy)};
          }};
}

Setting file(Setting row) {
  row.is_file = true;
  return row;
}

Setting secret(Setting row) {
  row.secret = true;
  return row;
}

// A row whose value is read by `parse` (text -> Result<Value>) and shown by `show` (Value -> text).
template <class Field, class Parse, class Show>
Setting value(std::string path, std::string type, std::string meaning, Field field, Parse parse, Show show) {
  return {std::move(path),
          std::move(type),
          std::move(meaning),
          [field, parse](SettingScope& scope, std::string_view text) -> Result<void> {
            auto parsed = parse(text);
            if (!parsed) return tl::make_unexpected(parsed.error());
            field(scope) = *parsed;
            return {};
          },
          nullptr,
          [field, show](const SettingScope& scope) {
            SettingScope copy = scope;
            return Texts{show(field(copy))};
          }};
}

template <class Field>
Setting duration(std::string path, std::string meaning, Field field, Duration least, Duration most = a_day) {
  return value(
      std::move(path), "duration", std::move(meaning), field,
      [=](std::string_view text) { return parse_span(text, least, most, false); }, format_duration);
}

// 0 in the struct means off.
template <class Field>
Setting duration_or_off(std::string path, std::string meaning, Field field, Duration least) {
  return value(
      std::move(path), "duration or off", std::move(meaning), field,
      [=](std::string_view text) { return parse_span(text, least, a_day, true); },
      [](Duration span) { return span == Duration::zero() ? "off" : format_duration(span); });
}

template <class Field>
Setting count(std::string path, std::string meaning, Field field, std::uint32_t least, std::uint32_t most) {
  return value(
      std::move(path), "number", std::move(meaning), field,
      [=](std::string_view text) { return parse_count(text, least, most); },
      [](std::uint32_t number) { return std::to_string(number); });
}

template <class Field>
Setting port(std::string path, std::string meaning, Field field) {
  return value(
      std::move(path), "port", std::move(meaning), field,
      [](std::string_view text) -> Result<std::uint16_t> {
        auto number = parse_count(text, 1, 65535);
        if (!number) return tl::make_unexpected(number.error());
        return static_cast<std::uint16_t>(*number);
      },
      [](std::uint16_t number) { return std::to_string(number); });
}

template <class Field>
Setting on_off(std::string path, std::string meaning, Field field) {
  return value(std::move(path), "true or false", std::move(meaning), field, parse_switch,
               [](bool on) { return on ? "true" : "false"; });
}

template <class Field, class Words>
Setting word(std::string path, std::string meaning, Field field, const Words& words) {
  std::array<std::string_view, std::tuple_size_v<Words>> names;
  for (std::size_t i = 0; i < words.size(); ++i) names[i] = words[i].text;
  return value(
      std::move(path), listed(names), std::move(meaning), field,
      [words](std::string_view text) { return parse_word(text, words); },
      [words](auto chosen) { return format_word(chosen, words); });
}

// One of fixed words, kept as the word.
template <class Field, class Words>
Setting one_of(std::string path, std::string meaning, Field field, const Words& words) {
  return value(
      std::move(path), listed(words), std::move(meaning), field,
      [words](std::string_view text) -> Result<std::string> {
        if (std::find(words.begin(), words.end(), text) != words.end()) return std::string(text);
        return tl::make_unexpected(unknown_word(text, words));
      },
      [](const std::string& chosen) { return chosen; });
}

template <class Field, class Parse, class Show>
Setting list(std::string path, std::string type, std::string meaning, Field field, Parse parse, Show show) {
  return {std::move(path),
          "list of " + std::move(type),
          std::move(meaning),
          [field, parse](SettingScope& scope, std::string_view text) -> Result<void> {
            auto parsed = parse(text);
            if (!parsed) return tl::make_unexpected(parsed.error());
            field(scope).push_back(*parsed);
            return {};
          },
          [field](SettingScope& scope) { field(scope).clear(); },
          [field, show](const SettingScope& scope) {
            SettingScope copy = scope;
            Texts texts;
            for (const auto& item : field(copy)) texts.push_back(show(item));
            return texts;
          }};
}

template <class Field>
Setting networks(std::string path, std::string meaning, Field field) {
  return list(std::move(path), "networks", std::move(meaning), field, Network::parse,
              [](const Network& network) { return network.text(); });
}

template <class Field>
Setting binds(std::string path, std::string meaning, Field field) {
  return list(std::move(path), "address:port", std::move(meaning), field, parse_bind,
              [](const HostPort& bind) { return bind.to_string(); });
}

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
  return {"cluster.nodes",
          "list of nodes",
          "the nodes to ask; `name`, `host:port` of PostgreSQL, or a map (see below). Also `TAMADA_NODES`",
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
          }};
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
      "a file with the password, instead of password; read again at each connection",
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
      "checks.fast_interval", "how often while there is no confirmed leader or something smells",
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

void add_routing(std::vector<Setting>& rows) {
  rows.push_back(binds(
      "listeners.*.bind", "where clients connect",
      [](SettingScope & s) -> auto& { return s.listener.bind; }));
  rows.push_back(
      {"listeners.*.to", "leader, replica, any, sync, async, standby-leader or tag:key=value",
       "which nodes take its sessions",
       [](SettingScope& s, std::string_view text) { return parse_target(text, s.listener.policy); }, nullptr,
       [](const SettingScope& s) { return Texts{format_target(s.listener.policy)}; }});
  rows.push_back(word(
      "listeners.*.otherwise", "where sessions go once every node has answered or failed and none is fit",
      [](SettingScope & s) -> auto& { return s.listener.policy.otherwise_leader; }, otherwise_words));
  rows.push_back(word(
      "listeners.*.balance", "how one of several fit nodes is chosen",
      [](SettingScope & s) -> auto& { return s.listener.policy.balance; }, balance_words));
  rows.push_back(value(
      "listeners.*.max_lag", "size or off",
      "a replica further behind the leader gets no new sessions (16MB is 16 x 1024 x 1024 bytes)",
      [](SettingScope & s) -> auto& { return s.listener.policy.max_lag; },
      [](std::string_view text) -> Result<std::optional<std::uint64_t>> {
        if (text == "off") return std::optional<std::uint64_t>();
        auto size = parse_size(text);
        if (!size) return tl::make_unexpected(size.error());
        return std::optional(*size);
      },
      [](const auto& lag) { return lag ? format_size(*lag) : std::string("off"); }));
  rows.push_back(word(
      "listeners.*.on_lag", "sessions of a replica that lags too far or has `noloadbalance`",
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
      "unfinished start-ups per node at a time, so that a crowd does not fall over it",
      [](SettingScope & s) -> auto& { return s.listener.policy.max_starting; }, 1, a_million));
  rows.push_back(count(
      "listeners.*.max_connections", "sessions of this listener, further clients wait; 0: no limit",
      [](SettingScope & s) -> auto& { return s.listener.policy.max_connections; }, 0, a_million));
  rows.push_back(count(
      "listeners.*.node_max_connections",
      "sessions of this listener per node, further clients wait; 0: no limit",
      [](SettingScope & s) -> auto& { return s.listener.policy.node_max_connections; }, 0, a_million));
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
      "listeners.*.startup_timeout", "for the first packets of a client",
      [](SettingScope & s) -> auto& { return s.listener.startup_timeout; }, 1ms));
  rows.push_back(duration(
      "listeners.*.fin_timeout", "for the other side, after one side has closed",
      [](SettingScope & s) -> auto& { return s.listener.fin_timeout; }, 1ms));
  rows.push_back(duration_or_off(
      "listeners.*.idle_timeout", "no byte in either direction for this long ends the session",
      [](SettingScope & s) -> auto& { return s.listener.idle_timeout; }, 1ms));
}

void add_process(std::vector<Setting>& rows) {
  rows.push_back(binds(
      "stats.bind", "where the status is served",
      [](SettingScope & s) -> auto& { return s.config.stats.bind; }));
  rows.push_back(text(
      "stats.admin_user", "text", "who may change something over HTTP; none: nobody",
      [](SettingScope & s) -> auto& { return s.config.stats.admin_user; }));
  rows.push_back(secret(text(
      "stats.admin_password", "text", "the password of admin_user; better in a file",
      [](SettingScope & s) -> auto& { return s.config.stats.admin_password; })));
  rows.push_back(file(text(
      "stats.admin_password_file", "file", "a file with the password, instead of admin_password",
      [](SettingScope & s) -> auto& { return s.config.stats.admin_password_file; })));
  rows.push_back(
      {"stats", "true or false", "`stats: off` opens no status port",
       [](SettingScope& s, std::string_view text) -> Result<void> {
         auto on = parse_switch(text);
         if (!on) return tl::make_unexpected(on.error());
         if (!*on) s.config.stats.bind.clear();
         return {};
       },
       nullptr, [](const SettingScope& s) { return Texts{s.config.stats.bind.empty() ? "false" : "true"}; }});
  rows.push_back(one_of(
      "log.level", "the least important lines that are written",
      [](SettingScope & s) -> auto& { return s.config.log.level; }, log_levels));
  rows.push_back(word(
      "log.format", "lines for people, or one JSON object a line",
      [](SettingScope & s) -> auto& { return s.config.log.format; }, log_format_words));
  rows.push_back(duration(
      "resolve_interval", "how often host names are looked up again",
      [](SettingScope & s) -> auto& { return s.config.resolve_interval; }, 10ms));
  rows.push_back(count(
      "workers", "threads that relay sessions; 0: chosen from the processors this process may use",
      [](SettingScope & s) -> auto& { return s.config.workers; }, 0, 1024));
  rows.push_back(count(
      "max_connections", "clients in all; 0: as many as file descriptors allow",
      [](SettingScope & s) -> auto& { return s.config.max_connections; }, 0, 10 * a_million));
  rows.push_back(duration_or_off(
      "drain_timeout", "after SIGTERM, how long sessions may go on; off: not at all",
      [](SettingScope & s) -> auto& { return s.config.drain_timeout; }, 1ms));
  rows.push_back(text(
      "state_dir", "folder", "administrative state survives a restart here; none: it does not",
      [](SettingScope & s) -> auto& { return s.config.state_dir; }));
}

std::vector<Setting> all_settings() {
  std::vector<Setting> rows;
  for (const auto add : {add_cluster, add_etcd, add_checks, add_routing, add_limits, add_sources,
                         add_connection_times, add_process}) {
    add(rows);
  }
  return rows;
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> rows = all_settings();
  return rows;
}

const Setting* find_setting(std::string_view pattern) {
  for (const Setting& row : settings()) {
    if (row.path == pattern) return &row;
  }
  return nullptr;
}

bool is_section(std::string_view pattern) {
  return !names_under(pattern).empty();
}

std::vector<std::string_view> names_under(std::string_view section) {
  std::vector<std::string_view> names;
  const std::string prefix = section.empty() ? "" : std::string(section) + ".";
  for (const Setting& row : settings()) {
    if (!row.path.starts_with(prefix)) continue;
    const auto rest = std::string_view(row.path).substr(prefix.size());
    const auto name = rest.substr(0, rest.find('.'));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string variable_name(std::string_view path) {
  std::string name = "TAMADA_";
  for (const char c : path) {
    name += c == '.' || c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return name;
}

ListenerConfig default_listener(std::string_view name) {
  ListenerConfig listener;
  listener.policy.name = name;
  if (name == "write") listener.bind = {{"0.0.0.0", 5000}};
  if (name == "read") {
    listener.bind = {{"0.0.0.0", 5001}};
    listener.policy.to = Target::replica;
    listener.policy.otherwise_leader = true;
  }
  return listener;
}

RouterConfig default_router_config() {
  RouterConfig config;
  config.listeners = {default_listener("write"), default_listener("read")};
  config.stats.bind = {{"0.0.0.0", 7000}};
  return config;
}

}  // namespace tamada::router
