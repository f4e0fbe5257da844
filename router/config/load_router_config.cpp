#include "router/config/load_router_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "common/config/raw_settings.h"
#include "common/config/take_setting.h"
#include "common/config/yaml_tree.h"
#include "common/files/small_file.h"
#include "router/config/config_checks.h"
#include "router/config/settings.h"

namespace tamada::router {

namespace {

class Loader {
 public:
  Loader(const RawSettings& raw, const FileReader& read_file, std::vector<ConfigError>& errors)
      : raw_(raw),
        read_file_(read_file),
        config_(default_router_config()),
        taking_{raw, read_file, errors, config_.files} {}

  RouterConfig run() {
    config_.listeners.clear();
    for (const std::string& name : raw_.names.find("listeners")->second) {
      config_.listeners.push_back(default_listener(name));
    }
    ListenerConfig none;
    for (const Setting& setting : settings().rows()) {
      if (settings().layout().section_of(setting) == nullptr) {
        set(setting, setting.path, none);
        continue;
      }
      for (ListenerConfig& listener : config_.listeners) {
        set(setting, path_with_name(setting, listener.policy.name), listener);
      }
    }
    // "read" falls back to the leader unless asked not to; that is meant for `to: replica` alone.
    for (ListenerConfig& listener : config_.listeners) {
      const bool asked = raw_.values.count("listeners." + listener.policy.name + ".otherwise") > 0;
      const bool plain = listener.policy.to == Target::replica && listener.policy.reserves.empty();
      if (!asked && !plain) listener.policy.otherwise_leader = false;
    }
    if (has_etcd_ || raw_.sections.count("cluster.etcd") > 0) config_.cluster.etcd = etcd_;
    take_password("stats.admin_password_file", config_.stats.admin_password_file,
                  config_.stats.admin_password);
    take_password("cluster.api_password_file", config_.cluster.api_password_file,
                  config_.cluster.api_password);
    // The router reads it again at each login; here only whether there is one.
    std::string etcd_password;
    take_password("cluster.etcd.password_file", etcd_.password_file, etcd_password);
    take_users();
    return std::move(config_);
  }

  // Where each node of the configuration stands.
  [[nodiscard]] std::span<const Place> node_places() const { return node_places_; }

 private:
  void set(const Setting& setting, const std::string& path, ListenerConfig& listener) {
    if (path.starts_with("cluster.etcd.") && raw_.values.contains(path)) has_etcd_ = true;
    SettingScope scope{config_, listener, etcd_};
    std::vector<Place> taken = take_setting(taking_, setting, path, scope);
    if (path == "cluster.nodes") node_places_ = std::move(taken);
  }

  // The content of a setting's file, if one is named and it can be read (else that is told already).
  [[nodiscard]] std::optional<std::string> content_of(const std::string& file) const {
    if (file.empty()) return std::nullopt;
    auto content = read_file_(file);
    return content ? std::optional(std::move(*content)) : std::nullopt;
  }

  void report_file(const std::string& path, std::string message) {
    taking_.report(raw_.values.find(path)->second.place, path, std::move(message));
  }

  void take_password(const std::string& path, const std::string& file, std::string& password) {
    auto content = content_of(file);
    if (!content) return;
    auto found = password_in(*content, file);
    if (!found) return report_file(path, found.error().message);
    password = *std::move(found);
  }

  void take_users() {
    const std::string path = "stats.users_file";
    const std::string& name = config_.stats.users_file;
    const auto content = content_of(name);
    if (!content) return;
    UsersFile file = parse_users_file(*content);
    for (const UsersFile::BadLine& line : file.bad) {
      report_file(path, fmt::format("{}:{}: {}", name, line.number, line.message));
    }
    if (file.bad_beyond > 0) {
      report_file(path, fmt::format("{}: further {} lines that cannot be used", name, file.bad_beyond));
    }
    if (file.users.empty() && file.bad.empty()) {
      report_file(path, fmt::format("{} names nobody; expected a NAME:HASH a line", name));
    }
    config_.stats.file_users = std::move(file.users);
  }

  const RawSettings& raw_;
  const FileReader& read_file_;
  RouterConfig config_;
  TakingSettings taking_;
  EtcdConfig etcd_;
  std::vector<Place> node_places_;
  bool has_etcd_ = false;
};

}  // namespace

LoadedConfig load_router_config(std::string_view text, std::string_view file_name,
                                const Environment& environment, const Machine& machine) {
  std::vector<ConfigError> errors;
  const YamlDocument file = parse_yaml(text, file_name, errors);
  const std::vector<std::string> files{std::string(file_name)};
  const RawSettings raw = collect_settings(file, files, settings().layout(), environment, errors);
  Loader loader(raw, machine.read_file, errors);
  RouterConfig config = loader.run();
  const auto findings = machine.check ? machine.check(config) : std::vector<MachineFinding>{};
  check_config(config, raw, {loader.node_places(), findings}, errors);
  if (errors.empty()) return config;
  std::stable_sort(errors.begin(), errors.end(), [](const ConfigError& a, const ConfigError& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return tl::make_unexpected(std::move(errors));
}

}  // namespace tamada::router
