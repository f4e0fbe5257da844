// The part of config_checks.h that looks at the machine.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/config/config_checks.h"
#include "common/base/errno_text.h"
#include "common/base/unique_fd.h"
#include "common/config/setting_value.h"
#include "common/files/small_file.h"

namespace tamada::agent {

namespace {

using Severity = ConfigFinding::Severity;
namespace fs = std::filesystem;

// Why nobody can listen there now; nothing: it can be done, or the name has no address (which is told when it
// is needed: look-ups may take long).
std::optional<std::string> why_not_free(const std::string& host, std::uint16_t port) {
  const std::string ip = host == "*" ? "::" : host == "localhost" ? "127.0.0.1" : host;
  const auto address = Address::from_ip(ip, port);
  if (!address) return std::nullopt;
  const UniqueFd socket(::socket(address->data()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return std::nullopt;
  const int on = 1;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), address->data(), address->size()) == 0 && ::listen(socket.get(), 1) == 0)
    return {};
  return describe_errno(errno);
}

class MachineChecks {
 public:
  MachineChecks(const AgentConfig& config, const MachineOptions& options)
      : config_(config), options_(options) {}

  std::vector<ConfigFinding> run() {
    check_files();
    check_programs();
    check_data_directory();
    if (options_.ports_free) check_ports();
    return std::move(findings_);
  }

 private:
  void error(std::string path, std::string message) {
    findings_.push_back({Severity::error, std::move(path), std::move(message)});
  }

  void check_file(const char* path, const std::string& file) {
    if (file.empty()) return;
    if (const auto content = read_small_file(file); !content) error(path, content.error().message);
  }

  void check_files() {
    check_file("restapi.certfile", config_.restapi.certfile);
    check_file("restapi.keyfile", config_.restapi.keyfile);
    check_file("restapi.cafile", config_.restapi.cafile);
    check_file("ctl.cacert", config_.ctl.cacert);
    check_file("ctl.certfile", config_.ctl.certfile);
    check_file("ctl.keyfile", config_.ctl.keyfile);
    check_file("etcd3.cacert", config_.etcd.tls.ca_file);
    check_file("etcd3.cert", config_.etcd.tls.cert_file);
    check_file("etcd3.key", config_.etcd.tls.key_file);
    std::error_code ignored;
    if (!config_.log.dir.empty() && !fs::is_directory(config_.log.dir, ignored)) {
      error("log.dir",
            fmt::format("{} is no directory; make it, and let the agent write there", config_.log.dir));
    }
  }

  // Where it is, or nothing.
  [[nodiscard]] std::optional<std::string> program(const std::string& tool) const {
    const SharedPostgres& postgres = config_.postgres.shared;
    const auto other = postgres.bin_name.find(tool);
    const std::string& name = other == postgres.bin_name.end() ? tool : other->second;
    std::vector<std::string> folders{postgres.bin_dir};
    if (postgres.bin_dir.empty()) {
      folders.clear();
      std::string_view rest = options_.search_path;
      while (!rest.empty()) {
        const auto colon = rest.find(':');
        folders.emplace_back(rest.substr(0, colon));
        if (colon == std::string_view::npos) break;
        rest.remove_prefix(colon + 1);
      }
    }
    for (const std::string& folder : folders) {
      std::string path = folder + "/" + name;
      struct stat found {};
      if (::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(path.c_str(), X_OK) == 0)
        return path;
    }
    return std::nullopt;
  }

  void check_programs() {
    for (const char* tool :
         {"postgres", "pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "pg_isready"}) {
      check_program(tool);
    }
    if (config_.postgres.shared.use_pg_rewind) check_program("pg_rewind");
  }

  void check_program(const char* tool) {
    if (program(tool)) return;
    const std::string& folder = config_.postgres.shared.bin_dir;
    error("postgresql.bin_dir",
          fmt::format("no program {} {}; write the folder with PostgreSQL's programs, such as "
                      "/usr/lib/postgresql/15/bin",
                      tool, folder.empty() ? "in PATH" : "in " + folder));
  }

  void check_data_directory() {
    const std::string& folder = config_.postgres.data_dir;
    const char* path = "postgresql.data_dir";
    std::error_code why;
    const fs::file_status status = fs::status(folder, why);
    if (status.type() == fs::file_type::not_found) return;
    if (!fs::is_directory(status)) return error(path, fmt::format("{} is no directory", folder));
    const bool empty = fs::is_empty(folder, why);
    if (why) return error(path, fmt::format("cannot read {}: {}", folder, why.message()));
    if (empty) return;
    const auto content = read_small_file(folder + "/PG_VERSION");
    if (!content) {
      return error(
          path,
          fmt::format("{} holds files, but no database (PG_VERSION is missing); name another folder, or "
                      "empty this one by hand",
                      folder));
    }
    compare_version(path, std::string(trimmed(*content)));
  }

  void compare_version(const char* path, const std::string& text) {
    int of_data = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), of_data);
    const bool whole = end == text.data() + text.size() || *end == '.';
    if (failed != std::errc{} || !whole) {
      return error(path, fmt::format("PG_VERSION says \"{}\"; expected a version", text.substr(0, 20)));
    }
    const auto server = program("postgres");
    if (!options_.major_version || !server) return;
    const auto of_server = options_.major_version(*server);
    if (!of_server) return error("postgresql.bin_dir", of_server.error().message);
    if (*of_server == of_data) return;
    error("postgresql.bin_dir", fmt::format("{} is of version {}, and {} of version {}", *server, *of_server,
                                            config_.postgres.data_dir, text));
  }

  void check_ports() {
    const HostPort& api = config_.restapi.listen;
    if (const auto why = why_not_free(api.host, api.port)) {
      error("restapi.listen", fmt::format("cannot listen on {}: {}", api.to_string(), *why));
    }
    for (const std::string& host : split_list(config_.postgres.listen_addresses)) {
      if (const auto why = why_not_free(host, config_.postgres.port)) {
        error("postgresql.listen",
              fmt::format("cannot listen on {}:{}: {}", host, config_.postgres.port, *why));
      }
    }
  }

  const AgentConfig& config_;
  const MachineOptions& options_;
  std::vector<ConfigFinding> findings_;
};

}  // namespace

std::vector<ConfigFinding> check_machine(const AgentConfig& config, const MachineOptions& options) {
  return MachineChecks(config, options).run();
}

}  // namespace tamada::agent
