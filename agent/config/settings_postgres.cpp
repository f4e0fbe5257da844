// The rows of `postgresql`: first what only a node's own file says, then what may be shared.
#include "agent/config/setting_rows.h"

namespace tamada::agent::rows {

namespace {

using C = AgentConfig;
constexpr std::uint16_t postgres_port = 5432;

// One entry of a map of texts.
template <class Field>
Setting entry(std::string path, std::string type, std::string meaning, Field field, const std::string& name) {
  Setting row;
  row.path = std::move(path);
  row.type = std::move(type);
  row.meaning = std::move(meaning);
  row.form = SettingForm::tree;
  row.get = [](const SettingScope&) { return Texts{std::string()}; };
  row.set_node = [field, name](SettingScope& scope, const YamlNode& node) -> std::vector<SettingFault> {
    if (node.kind == YamlNode::Kind::null) return {};
    auto text = read_text(node);
    if (!text) return {{node.place, text.error().message}};
    field(scope.config)[name] = *std::move(text);
    return {};
  };
  return row;
}

template <class User>
void add_user(std::vector<Setting>& rows, const std::string& path, const std::string& whom, User user) {
  rows.push_back(text(
      path + ".username", whom, [user](C & c) -> auto& { return user(c).username; }));
  rows.push_back(secret(
      path + ".password", "its password; none: as pg_hba.conf allows without", [user](C & c) -> auto& {
        return user(c).password;
      }));
  for (const std::string name : {"sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl",
                                 "sslcrldir", "gssencmode", "channel_binding", "sslnegotiation"}) {
    rows.push_back(entry(
        path + "." + name, "text", "libpq's", [user](C & c) -> auto& { return user(c).options; }, name));
    if (name == "sslpassword") rows.back().secret = true;
  }
}

Setting path_row(std::string path, std::string meaning, std::string& (*field)(C&)) {
  return value(
      std::move(path), "folder", std::move(meaning), field,
      [](const YamlNode& node, SettingNotes&) -> Result<std::string> {
        if (const auto other = refuse_other_types(node, "a path"); !other)
          return tl::make_unexpected(other.error());
        auto text = read_text(node);
        while (text && text->size() > 1 && text->ends_with('/')) text->pop_back();
        return text;
      },
      [](const std::string& text) { return text; });
}

void add_addresses(std::vector<Setting>& rows) {
  Setting listen_row = value(
      "postgresql.listen", "addresses:port",
      "where PostgreSQL listens; several addresses with commas, one port",
      [](C & c) -> auto& { return c.postgres; },
      [](const YamlNode&, SettingNotes&) -> Result<PostgresConfig> { return PostgresConfig(); },
      [](const PostgresConfig& postgres) {
        return postgres.listen_addresses.empty()
                   ? std::string()
                   : fmt::format("{}:{}", postgres.listen_addresses, postgres.port);
      });
  listen_row.set_node = [](SettingScope& scope, const YamlNode& node) -> std::vector<SettingFault> {
    if (node.kind == YamlNode::Kind::null) return {};
    auto listen = read_postgres_listen(node);
    if (!listen) return {{node.place, listen.error().message}};
    scope.config.postgres.listen_addresses = listen->first;
    scope.config.postgres.port = listen->second;
    return {};
  };
  rows.push_back(std::move(listen_row));
  rows.push_back(value(
      "postgresql.connect_address", "host:port",
      "where the other nodes and clients reach it; never a loopback address",
      [](C & c) -> auto& { return c.postgres.connect_address; },
      [](const YamlNode& node, SettingNotes&) { return read_address(node, postgres_port); },
      [](const HostPort& address) { return address.host.empty() ? std::string() : address.to_string(); }));
  rows.push_back(value(
      "postgresql.proxy_address", "host:port", "of a pooler beside PostgreSQL; only shown to those who ask",
      [](C & c) -> auto& { return c.postgres.proxy_address; },
      [](const YamlNode& node, SettingNotes&) -> Result<std::optional<HostPort>> {
        auto address = read_address(node, postgres_port);
        if (!address) return tl::make_unexpected(address.error());
        return *std::move(address);
      },
      [](const std::optional<HostPort>& address) { return address ? address->to_string() : std::string(); }));
}

void add_local(std::vector<Setting>& rows) {
  add_addresses(rows);
  rows.push_back(path_row("postgresql.data_dir", "the data directory",
                          [](C& c) -> std::string& { return c.postgres.data_dir; }));
  rows.push_back(path_row("postgresql.config_dir", "where postgresql.conf is; none: the data directory",
                          [](C& c) -> std::string& { return c.postgres.config_dir; }));
  rows.push_back(only_text(
      "postgresql.pgpass", "a path",
      "the password file that the agent writes; none: pgpass in the home directory",
      [](C & c) -> auto& { return c.postgres.pgpass; }));
  add_user(
      rows, "postgresql.authentication.superuser", "made by initdb; as whom the agent works",
      [](C & c) -> auto& { return c.postgres.superuser; });
  add_user(
      rows, "postgresql.authentication.replication", "made by the agent; as whom replicas stream",
      [](C & c) -> auto& { return c.postgres.replication; });
  add_user(
      rows, "postgresql.authentication.rewind",
      "made by the agent; as whom pg_rewind works; none: the superuser", [](C & c) -> auto& {
        if (!c.postgres.rewind) c.postgres.rewind.emplace();
        return *c.postgres.rewind;
      });
  rows.push_back(map(
      "postgresql.parameters", "names with values",
      "this node's own parameters, which win over the shared ones",
      [](C & c) -> auto& { return c.postgres.parameters; }));
  Setting use_slots = ignored("postgresql.use_slots", "no effect here: all nodes use slots, or none");
  use_slots.set_node = [](SettingScope& scope, const YamlNode& node) -> std::vector<SettingFault> {
    scope.notes.push_back(
        {node.place,
         "has no effect in a node's own file, since all nodes use slots or none; it belongs under "
         "postgresql of the shared configuration (bootstrap.dcs, patronictl edit-config)"});
    return {};
  };
  rows.push_back(std::move(use_slots));
}

void add_programs(std::vector<Setting>& rows) {
  rows.push_back(path_row("postgresql.bin_dir", "where PostgreSQL's programs are; none: by PATH",
                          [](C& c) -> std::string& { return c.postgres.shared.bin_dir; }));
  for (const std::string name :
       {"pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready", "pg_rewind"}) {
    rows.push_back(entry(
        "postgresql.bin_name." + name, "text", "the program's name, where it is another one",
        [](C & c) -> auto& { return c.postgres.shared.bin_name; }, name));
  }
  rows.push_back(number<std::uint32_t>(
      "postgresql.pg_ctl_timeout", "seconds that a start, stop or restart may take before it is told",
      [](C & c) -> auto& { return c.postgres.shared.pg_ctl_timeout; }, 0, 1'000'000));
}

void add_files(std::vector<Setting>& rows) {
  rows.push_back(text(
      "postgresql.config_base_name", "of NAME.conf",
      [](C & c) -> auto& { return c.postgres.shared.config_base_name; }));
  rows.push_back(only_text(
      "postgresql.custom_conf", "a path", "a file that is included in place of NAME.base.conf",
      [](C & c) -> auto& { return c.postgres.shared.custom_conf; }));
  rows.push_back(texts(
      "postgresql.pg_hba", "lines", "all of pg_hba.conf; none: it is left as it is",
      [](C & c) -> auto& { return c.postgres.shared.pg_hba.lines; }, "\n"));
  rows.push_back(texts(
      "postgresql.pg_ident", "lines", "all of pg_ident.conf; none: it is left as it is",
      [](C & c) -> auto& { return c.postgres.shared.pg_ident.lines; }, "\n"));
  for (const std::string role : {"primary", "replica", "standby_leader"}) {
    rows.push_back(texts(
        "postgresql.pg_hba_" + role, "lines", "in place of pg_hba in this role",
        [role](C & c) -> auto& { return c.postgres.shared.pg_hba.of_role[role]; }, "\n"));
    rows.push_back(texts(
        "postgresql.pg_ident_" + role, "lines", "in place of pg_ident in this role",
        [role](C & c) -> auto& { return c.postgres.shared.pg_ident.of_role[role]; }, "\n"));
    rows.push_back(map(
        "postgresql.parameters_" + role, "names with values",
        "further parameters in this role", [role](C & c) -> auto& {
          return c.postgres.shared.parameters_of_role[role];
        }));
  }
  rows.push_back(map(
      "postgresql.recovery_conf", "names with values",
      "recovery parameters of replicas, such as restore_command",
      [](C & c) -> auto& { return c.postgres.shared.recovery_conf; }));
}

void add_methods(std::vector<Setting>& rows) {
  // The present name counts before the older one.
  rows.push_back(texts(
      "postgresql.create_replica_method", "names", "an older name of create_replica_methods",
      [](C & c) -> auto& { return c.postgres.shared.create_replica_methods; }, ",\n"));
  rows.push_back(texts(
      "postgresql.create_replica_methods", "names",
      "tried in this order: basebackup, or sections of these names",
      [](C & c) -> auto& { return c.postgres.shared.create_replica_methods; }, ",\n"));
  rows.push_back(options(
      "postgresql.basebackup", "of pg_basebackup",
      [](C & c) -> auto& { return c.postgres.shared.basebackup; }));
  rows.push_back(options(
      "postgresql.rewind", "of pg_rewind", [](C & c) -> auto& { return c.postgres.shared.rewind; }));
  rows.push_back(on_off(
      "postgresql.use_pg_rewind", "a former leader is rewound",
      [](C & c) -> auto& { return c.postgres.shared.use_pg_rewind; }));
  rows.push_back(on_off(
      "postgresql.remove_data_directory_on_rewind_failure", "a node that cannot be rewound is copied anew",
      [](C & c) -> auto& { return c.postgres.shared.remove_data_directory_on_rewind_failure; }));
  rows.push_back(on_off(
      "postgresql.remove_data_directory_on_diverged_timelines",
      "a node whose timeline has diverged is copied anew",
      [](C & c) -> auto& { return c.postgres.shared.remove_data_directory_on_diverged_timelines; }));
}

template <class Field>
Setting callback(const std::string& name, Field field) {
  return command("postgresql.callbacks." + name, "called with what happened, the role and the scope", field);
}

void add_commands(std::vector<Setting>& rows) {
  rows.push_back(callback(
      "on_start", [](C & c) -> auto& { return c.postgres.shared.callbacks.on_start; }));
  rows.push_back(callback(
      "on_stop", [](C & c) -> auto& { return c.postgres.shared.callbacks.on_stop; }));
  rows.push_back(callback(
      "on_restart", [](C & c) -> auto& { return c.postgres.shared.callbacks.on_restart; }));
  rows.push_back(callback(
      "on_reload", [](C & c) -> auto& { return c.postgres.shared.callbacks.on_reload; }));
  rows.push_back(callback(
      "on_role_change", [](C & c) -> auto& { return c.postgres.shared.callbacks.on_role_change; }));
  rows.push_back(command(
      "postgresql.pre_promote", "before a promotion; where it fails the lock is given back",
      [](C & c) -> auto& { return c.postgres.shared.pre_promote; }));
  rows.push_back(command(
      "postgresql.before_stop", "before PostgreSQL is stopped, which waits for it",
      [](C & c) -> auto& { return c.postgres.shared.before_stop; }));
}

void add_connections(std::vector<Setting>& rows) {
  rows.push_back(on_off(
      "postgresql.use_unix_socket", "the agent connects by the unix socket",
      [](C & c) -> auto& { return c.postgres.shared.use_unix_socket; }));
  rows.push_back(on_off(
      "postgresql.use_unix_socket_repl", "and its replication connections, too",
      [](C & c) -> auto& { return c.postgres.shared.use_unix_socket_repl; }));
  rows.push_back(text(
      "postgresql.krbsrvname", "of Kerberos", [](C & c) -> auto& { return c.postgres.shared.krbsrvname; }));
  rows.push_back(text(
      "postgresql.database", "that the agent connects to",
      [](C & c) -> auto& { return c.postgres.shared.database; }));
}

}  // namespace

void add_postgres_settings(std::vector<Setting>& rows) {
  add_local(rows);
  add_programs(rows);
  add_files(rows);
  add_methods(rows);
  add_commands(rows);
  add_connections(rows);
}

}  // namespace tamada::agent::rows
