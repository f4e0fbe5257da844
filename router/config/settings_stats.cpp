// The rows of `stats:`.
#include "router/config/setting_rows.h"

namespace tamada::router {

using namespace setting_rows;

namespace {

void add_listeners(std::vector<Setting>& rows) {
  rows.push_back(binds(
      "stats.bind", "where the page and everything else over HTTP is served",
      [](SettingScope & s) -> auto& { return s.config.stats.bind; }));
  rows.push_back(list(
      "stats.socket", "paths or loopback addresses",
      "HAProxy-like run-time sockets (see below): `/run/tamada/admin.sock level admin mode 660`, "
      "`127.0.0.1:9999`",
      [](SettingScope & s) -> auto& { return s.config.stats.sockets; }, parse_stats_socket,
      format_stats_socket));
  rows.push_back(count(
      "stats.max_connections",
      "connections at a time to each statistics port, at most an eighth of the open files; "
      "past that the longest idle one makes room",
      [](SettingScope & s) -> auto& { return s.config.stats.max_connections; }, 10, 100'000));
  rows.push_back(networks(
      "stats.proxy_protocol_from",
      "load balancers whose connections may begin with a PROXY header (v1 or v2); with `stats.tls` before "
      "the "
      "handshake",
      [](SettingScope & s) -> auto& { return s.config.stats.proxy_protocol_from; }));
  rows.push_back(word(
      "stats.standby_status",
      "what HAProxy's formats say of a node that does well, on a listener that is for another role: a "
      "standby on the write listener, the leader on the read listener",
      [](SettingScope & s) -> auto& { return s.config.stats.standby_status; }, standby_status_words));
}

void add_users(std::vector<Setting>& rows) {
  rows.push_back(list(
      "stats.users", "name:hash", "who may sign in and change something; hashes as `mkpasswd` prints them",
      [](SettingScope & s) -> auto& { return s.config.stats.users; }, parse_stats_user,
      [](const StatsUser& user) { return user.name + ":*"; }));  // the hash is shown to nobody
  rows.push_back(file(text(
      "stats.users_file", "file", "further users, a `name:hash` a line, as `htpasswd -B` makes",
      [](SettingScope & s) -> auto& { return s.config.stats.users_file; })));
  rows.push_back(text(
      "stats.admin_user", "text", "one more who may, by the password itself",
      [](SettingScope & s) -> auto& { return s.config.stats.admin_user; }));
  rows.push_back(secret(text(
      "stats.admin_password", "text", "the password of admin_user; better in a file",
      [](SettingScope & s) -> auto& { return s.config.stats.admin_password; })));
  rows.push_back(file(text(
      "stats.admin_password_file", "file", "a file with the password, instead of admin_password",
      [](SettingScope & s) -> auto& { return s.config.stats.admin_password_file; })));
  rows.push_back(on_off(
      "stats.login_to_read", "the page, data and metrics also need a login; /health and /ready never do",
      [](SettingScope & s) -> auto& { return s.config.stats.login_to_read; }));
}

void add_stats_tls(std::vector<Setting>& rows) {
  rows.push_back(file(text(
      "stats.tls.cert_file", "file",
      "the certificate with its chain (PEM); with it, the port speaks HTTPS only",
      [](SettingScope & s) -> auto& { return s.config.stats.tls.cert_file; })));
  rows.push_back(file(text(
      "stats.tls.key_file", "file", "the private key of cert_file (PEM)",
      [](SettingScope & s) -> auto& { return s.config.stats.tls.key_file; })));
  rows.push_back(file(text(
      "stats.tls.client_ca_file", "file",
      "clients must show a certificate that one of these authorities signed (PEM)",
      [](SettingScope & s) -> auto& { return s.config.stats.tls.client_ca_file; })));
}

// Behind the settings under it, so that `off` from the environment wins over a map in the file.
Setting switch_row() {
  return {{"stats", "true or false", "`stats: off` opens no statistics port and no run-time socket"},
          [](SettingScope& s, std::string_view text) -> Result<void> {
            auto on = parse_switch(text);
            if (!on) return tl::make_unexpected(on.error());
            if (*on) return {};
            s.config.stats.bind.clear();
            s.config.stats.sockets.clear();
            return {};
          },
          nullptr,
          [](const SettingScope& s) {
            const StatsConfig& stats = s.config.stats;
            return Texts{stats.bind.empty() && stats.sockets.empty() ? "false" : "true"};
          }};
}

}  // namespace

void add_stats_settings(std::vector<Setting>& rows) {
  add_listeners(rows);
  add_users(rows);
  add_stats_tls(rows);
  rows.push_back(switch_row());
}

}  // namespace tamada::router
