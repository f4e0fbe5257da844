#include "agent/config/config_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/base/address.h"

namespace tamada::agent {

namespace {

using Severity = ConfigFinding::Severity;

bool is_loopback(const std::string& host) {
  const auto address = Address::from_ip(host, 0);
  if (!address) return host == "localhost";
  return address->ip().starts_with("127.") || address->ip() == "::1";
}

// All addresses of a machine: good for listening only.
bool is_any(const std::string& host) {
  const auto address = Address::from_ip(host, 0);
  if (!address) return host == "*";
  return address->ip() == "0.0.0.0" || address->ip() == "::";
}

class Checks {
 public:
  explicit Checks(const AgentConfig& config) : config_(config) {}

  std::vector<ConfigFinding> run() {
    check_addresses();
    check_api();
    check_postgres();
    check_options();
    check_etcd();
    return std::move(findings_);
  }

 private:
  void error(std::string path, std::string message) {
    findings_.push_back({Severity::error, std::move(path), std::move(message)});
  }
  void warn(std::string path, std::string message) {
    findings_.push_back({Severity::warning, std::move(path), std::move(message)});
  }

  void check_reachable(const char* path, const HostPort& address) {
    if (!is_loopback(address.host) && !is_any(address.host)) return;
    const std::string words = fmt::format(
        "\"{}\" means every node itself, so that no other node could reach this one; write the "
        "address or name that the others know it by",
        address.host);
    if (is_any(address.host)) return error(path, words);
    // On one machine a whole cluster may live, for a try.
    warn(path, words + " (good only while all nodes are on this machine)");
  }

  void check_addresses() {
    check_reachable("restapi.connect_address", config_.restapi.connect_address);
    check_reachable("postgresql.connect_address", config_.postgres.connect_address);
    if (config_.postgres.proxy_address)
      check_reachable("postgresql.proxy_address", *config_.postgres.proxy_address);
    if (config_.restapi.listen.port == config_.postgres.port) {
      error("restapi.listen", fmt::format("has the port of postgresql.listen ({})", config_.postgres.port));
    }
  }

  void check_api() {
    const RestApiConfig& api = config_.restapi;
    const bool asks = api.verify_client != RestApiConfig::VerifyClient::none;
    if (asks && api.certfile.empty()) {
      error("restapi.verify_client", "has no effect without certfile: over HTTP nobody shows a certificate");
    }
    if (asks && !api.certfile.empty() && api.cafile.empty()) {
      error("restapi.verify_client", "needs cafile, the authorities of the clients' certificates");
    }
    if (api.verify_client == RestApiConfig::VerifyClient::required && config_.ctl.certfile.empty()) {
      warn("restapi.verify_client",
           "required: this node asks the others without a certificate, since ctl.certfile is not set");
    }
    if (!api.keyfile.empty() && api.certfile.empty()) error("restapi.keyfile", "its certfile is missing");
    if (!config_.ctl.keyfile.empty() && config_.ctl.certfile.empty())
      error("ctl.keyfile", "its certfile is missing");
    if (api.authentication.username.empty() && api.allowlist.empty() && !api.allowlist_include_members &&
        !asks) {
      warn("restapi.authentication",
           "is not set: whoever reaches the REST API may restart and switch over (see authentication and "
           "allowlist)");
    }
  }

  void check_postgres() {
    const PostgresConfig& postgres = config_.postgres;
    if (!postgres.data_dir.starts_with('/')) {
      warn("postgresql.data_dir",
           fmt::format("\"{}\" is relative, and another directory for each folder that the agent "
                       "is started in; write the whole path",
                       postgres.data_dir));
    }
    if (postgres.data_dir == "/") error("postgresql.data_dir", "is the root of the file system");
    for (const auto& [name, value] : postgres.parameters.items()) {
      if (name != "unix_socket_directories" || !value.is_string()) continue;
      const auto& text = value.get_ref<const std::string&>();
      const bool whole = text.starts_with('/') || text.starts_with('@');
      if (!whole && postgres.shared.use_unix_socket) {
        warn("postgresql.use_unix_socket",
             fmt::format(
                 "unix_socket_directories \"{}\" is relative, and libpq takes whole paths only: the agent "
                 "connects over TCP",
                 text));
      }
    }
    if (postgres.superuser.username == postgres.replication.username) {
      warn("postgresql.authentication.replication.username",
           "is the superuser; one user of its own is safer");
    }
  }

  // Options that the agent gives itself.
  void check_options() {
    refuse("bootstrap.initdb", config_.bootstrap.initdb,
           {"pgdata", "nosync", "pwfile", "sync-only", "version", "username", "auth-host"});
    refuse("postgresql.basebackup", config_.postgres.shared.basebackup,
           {"pgdata", "format", "wal-method", "xlog-method", "gzip", "version", "compress", "dbname", "host",
            "port", "username", "password"});
    refuse("postgresql.rewind", config_.postgres.shared.rewind,
           {"target-pgdata", "source-pgdata", "source-server", "write-recovery-conf", "dry-run",
            "restore-target-wal", "config-file", "no-ensure-shutdown", "version", "help"});
  }

  void refuse(const char* path, const std::vector<ProgramOption>& options,
              std::initializer_list<std::string_view> own) {
    for (const ProgramOption& option : options) {
      if (std::find(own.begin(), own.end(), option.name) == own.end()) continue;
      warn(path, fmt::format("--{} is the agent's own, and left out here", option.name));
    }
  }

  void check_etcd() {
    const EtcdConfig& etcd = config_.etcd;
    const bool https = std::any_of(etcd.endpoints.begin(), etcd.endpoints.end(),
                                   [](const std::string& url) { return url.starts_with("https://"); });
    if (https && etcd.tls.ca_file.empty()) {
      warn("etcd3.cacert", "is not set: etcd's certificate is not checked, and anybody may pose as etcd");
    }
    if (!https && !etcd.endpoints.empty() && !etcd.tls.ca_file.empty()) {
      warn("etcd3.protocol", "is http: cacert, cert and key have no effect; write protocol: https");
    }
    if (etcd.username.empty() != etcd.password.empty()) {
      error("etcd3.username", "user and password go together; one of them is missing");
    }
  }

  const AgentConfig& config_;
  std::vector<ConfigFinding> findings_;
};

}  // namespace

std::vector<ConfigFinding> validate(const AgentConfig& config) {
  return Checks(config).run();
}

}  // namespace tamada::agent
