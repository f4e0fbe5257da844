#include "router/control/machine_checks.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/files/small_file.h"
#include "common/http/tls_client_options.h"
#include "common/http/tls_context.h"
#include "router/api/runtime/socket_owner.h"
#include "router/api/stats_tls.h"

namespace tamada::router {
namespace {

class MachineChecks {
 public:
  explicit MachineChecks(const RouterConfig& config) : config_(config) {}

  std::vector<MachineFinding> run() {
    if (!config_.stats.tls.cert_file.empty()) {
      check_tls("stats.tls", http::TlsContext(stats_tls_options(config_.stats.tls)));
    }
    check_client("cluster.api_tls", config_.cluster.api_tls);
    if (config_.cluster.etcd) check_client("cluster.etcd.tls", config_.cluster.etcd->tls);
    if (!config_.state_dir.empty()) check_folder("state_dir", config_.state_dir, config_.state_dir);
    for (const StatsSocket& socket : config_.stats.sockets) check_socket(socket);
    return std::move(findings_);
  }

 private:
  void report(std::string_view path, std::string message) {
    findings_.push_back({std::string(path), std::move(message)});
  }

  void check_client(const std::string& section, const TlsClientConfig& tls) {
    if (tls != TlsClientConfig{}) check_tls(section, http::TlsContext(http::tls_options(tls, section)));
  }

  void check_tls(const std::string& section, http::TlsContext context) {
    if (const auto loaded = context.load(); !loaded) report(section, loaded.error().message);
  }

  // A folder in which we make and replace files. `subject`: what it is for, for the words.
  void check_folder(std::string_view path, const std::string& folder, const std::string& subject) {
    const std::string where = folder == subject ? folder : fmt::format("{}: its folder {}", subject, folder);
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
      const int code = errno;
      return report(path, code == ENOENT
                              ? fmt::format("{} does not exist; make it, or name another folder", where)
                              : fmt::format("{}: {}", where, std::strerror(code)));
    }
    if (!S_ISDIR(status.st_mode)) return report(path, fmt::format("{} is not a folder", where));
    if (::euidaccess(folder.c_str(), W_OK | X_OK) != 0) {
      const int code = errno;
      report(path,
             fmt::format("{} cannot be written to by user {}: {}", where, ::geteuid(), std::strerror(code)));
    }
  }

  void check_socket(const StatsSocket& socket) {
    if (socket.path.empty()) return;
    const auto slash = socket.path.rfind('/');
    check_folder("stats.socket", slash == 0 ? "/" : socket.path.substr(0, slash), socket.path);
    struct stat status {};
    if (::lstat(socket.path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
      report("stats.socket",
             fmt::format("cannot listen on {}: there is a file of that name that is no socket; "
                         "remove it or choose another name",
                         socket.path));
    }
    const auto owner = find_owner(socket);
    if (!owner) return report("stats.socket", owner.error().message);
    if (const auto allowed = may_give_to(socket, *owner); !allowed) {
      report("stats.socket", allowed.error().message);
    }
  }

  const RouterConfig& config_;
  std::vector<MachineFinding> findings_;
};

}  // namespace

std::vector<MachineFinding> check_machine(const RouterConfig& config) {
  return MachineChecks(config).run();
}

LoadedConfig read_and_check(const std::string& path, const Environment& environment,
                            const FileReader& read_file) {
  return read_router_config(path, environment, {read_file, check_machine});
}

LoadedConfig read_and_check(const std::string& path, const Environment& environment) {
  return read_and_check(path, environment, [](const std::string& file) { return read_small_file(file); });
}

}  // namespace tamada::router
