#include "agent/config/load_agent_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "agent/config/agent_environment.h"
#include "agent/config/custom_methods.h"
#include "agent/config/file_checks.h"
#include "agent/config/other_stores.h"
#include "agent/config/settings.h"
#include "common/config/raw_settings.h"
#include "common/config/take_setting.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"

namespace tamada::agent {

namespace {

YamlNode* map_under(YamlNode& root, std::string_view key) {
  for (YamlEntry& entry : root.entries) {
    if (entry.key.text == key && entry.value.kind == YamlNode::Kind::map) return &entry.value;
  }
  return nullptr;
}

class Loader {
 public:
  Loader(ReadConfig read, const Environment& environment, LoadedAgentConfig& loaded)
      : document_(std::move(read.document)),
        files_(std::move(read.files)),
        environment_(environment),
        loaded_(loaded) {
    if (files_.empty()) files_.emplace_back("environment");
  }

  void run() {
    YamlNode& root = document_.root;
    if (root.kind == YamlNode::Kind::null || root.kind == YamlNode::Kind::map) {
      overlay_environment(environment_, root, files_, loaded_);
    }
    FileChecks checks(whole_, files_, loaded_);
    names_other_store_ = refuse_other_stores(root, files_, environment_, loaded_);
    whole_ = root;
    const std::vector<YamlPlace> variables = checks.refuse_variables();
    take_method_sections(root);
    tell_shared_settings(root);
    take_settings();
    check_etcd(checks);
    check_required(checks);
    check_placement(checks);
    checks.check_dcs(config());
    checks.check_parameters(config());
    checks.check_tags(config().tags);
    check_watchdog(checks);
    forget_errors_at(variables);
    sort();
  }

 private:
  [[nodiscard]] AgentConfig& config() { return loaded_.config; }

  // What was wrong where the file is no YAML from some place on cannot be told from what is missing there.
  [[nodiscard]] bool is_whole() const {
    return document_.whole &&
           (document_.root.kind == YamlNode::Kind::map || document_.root.kind == YamlNode::Kind::null);
  }

  // A value that nobody has expanded is told once: the first error at its place.
  void forget_errors_at(const std::vector<YamlPlace>& places) {
    using Spot = std::tuple<std::string, int, int>;
    std::map<Spot, bool> told;
    for (const YamlPlace& place : places)
      told.emplace(Spot(files_[place.file], place.line, place.column), false);
    std::erase_if(loaded_.errors, [&](const ConfigError& error) {
      const auto spot = told.find(Spot(error.file, error.line, error.column));
      return spot != told.end() && std::exchange(spot->second, true);
    });
  }

  // By file, in their order, and then as they are written.
  void sort() {
    std::map<std::string, std::size_t> order;
    for (const std::string& file : files_) order.emplace(file, order.size());
    const auto rank = [&](const ConfigError& error) {
      const auto file = order.find(error.file);
      return std::tuple(file == order.end() ? order.size() : file->second, error.line, error.column);
    };
    std::stable_sort(loaded_.errors.begin(), loaded_.errors.end(),
                     [&](const ConfigError& a, const ConfigError& b) { return rank(a) < rank(b); });
    std::stable_sort(
        loaded_.warnings.begin(), loaded_.warnings.end(),
        [&](const ConfigWarning& a, const ConfigWarning& b) { return rank(a.place) < rank(b.place); });
  }

  void report(const SettingFault& fault, const std::string& path) {
    loaded_.errors.push_back(
        {files_[fault.place.file], fault.place.line, fault.place.column, path, fault.message});
  }

  void take_method_sections(YamlNode& root) {
    if (YamlNode* bootstrap = map_under(root, "bootstrap")) {
      config().bootstrap.is_given = true;
      auto found = take_methods(*bootstrap, "bootstrap", names_under(*bootstrap, "method"));
      for (const SettingFault& fault : found.faults) report(fault, "bootstrap");
      config().bootstrap.methods = std::move(found.methods);
    }
    if (YamlNode* postgresql = map_under(root, "postgresql")) {
      auto names = names_under(*postgresql, "create_replica_methods");
      if (names.empty()) names = names_under(*postgresql, "create_replica_method");
      auto found = take_methods(*postgresql, "postgresql", names);
      for (const SettingFault& fault : found.faults) report(fault, "postgresql");
      config().postgres.shared.methods = std::move(found.methods);
    }
  }

  // Settings that all nodes share, where only a node's own may stand.
  void tell_shared_settings(YamlNode& root) {
    const auto& names = patroni::dynamic_setting_names();
    std::erase_if(root.entries, [&](const YamlEntry& entry) {
      const YamlKey& key = entry.key;
      const bool shared = std::find(names.begin(), names.end(), key.text) != names.end();
      if (!shared || settings().layout().is_section(key.text)) return false;
      loaded_.warnings.push_back({WarningKind::no_effect,
                                  {files_[key.place.file], key.place.line, key.place.column, key.text,
                                   "has no effect here: all nodes share it; it belongs under bootstrap.dcs, "
                                   "and once there is a cluster it is "
                                   "changed with patronictl edit-config"}});
      return true;
    });
  }

  void take_settings() {
    const RawSettings raw = collect_settings(document_, files_, settings().layout(), {}, loaded_.errors);
    for (const ConfigError& note : raw.notes) loaded_.warnings.push_back({WarningKind::unknown, note});
    const FileReader none = [](const std::string&) -> Result<std::string> { return std::string(); };
    std::vector<NamedFile> files;
    const TakingSettings taking{raw, none, loaded_.errors, files};
    for (const Setting& row : settings().rows()) {
      SettingNotes notes;
      SettingScope scope{config(), notes};
      (void)take_setting(taking, row, row.path, scope);
      for (const SettingFault& note : notes) {
        const Place place = raw.place_of(note.place);
        loaded_.warnings.push_back(
            {WarningKind::adjusted, {place.file, place.line, place.column, row.path, note.message}});
      }
    }
    constexpr std::string_view section = "postgresql.";
    for (const auto& [path, value] : raw.values) {
      if (!path.starts_with(section)) continue;
      const std::string key = path.substr(section.size(), path.find('.', section.size()) - section.size());
      if (is_shared_postgres_key(key)) config().postgres.given.insert(key);
    }
    for (const CustomMethod& method : config().postgres.shared.methods)
      config().postgres.given.insert(method.name);
  }

  void check_etcd(FileChecks& checks) {
    EtcdConfig& etcd = config().etcd;
    if (const auto resolved = resolve_endpoints(etcd); !resolved) {
      checks.error_at("etcd3", resolved.error().message);
    } else if (etcd.endpoints.empty() && etcd.srv.empty() && is_whole() && !names_other_store_) {
      checks.error_at("etcd3",
                      "no etcd; name its members, such as etcd3: {hosts: \"etcd1:2379,etcd2:2379\"} or "
                      "PATRONI_ETCD3_HOSTS=etcd1:2379,etcd2:2379");
    }
    etcd.tls.verify = !etcd.tls.ca_file.empty();
    if (!etcd.tls.cert_file.empty() && etcd.tls.key_file.empty()) etcd.tls.key_file = etcd.tls.cert_file;
  }

  void require(FileChecks& checks, bool given, const std::string& path, std::string_view example) {
    // A value that is there, and wrong, is told already.
    if (given || !is_whole() || find_setting(whole_, path).exact) return;
    checks.error_at(path, fmt::format("is missing; write for example {}", example));
  }

  void check_required(FileChecks& checks) {
    const AgentConfig& c = config();
    require(checks, !c.scope.empty(), "scope", "scope: my-cluster");
    require(checks, !c.name.empty(), "name", "name: node1");
    require(checks, !c.restapi.listen.host.empty(), "restapi.listen", "listen: 0.0.0.0:8008");
    require(checks, !c.restapi.connect_address.host.empty(), "restapi.connect_address",
            "connect_address: 10.0.0.1:8008, the address at which the other nodes reach this one");
    require(checks, !c.postgres.listen_addresses.empty(), "postgresql.listen", "listen: 0.0.0.0:5432");
    require(checks, !c.postgres.connect_address.host.empty(), "postgresql.connect_address",
            "connect_address: 10.0.0.1:5432, the address at which the other nodes reach this one");
    require(checks, !c.postgres.data_dir.empty(), "postgresql.data_dir",
            "data_dir: /var/lib/postgresql/15/main");
    require(checks, !c.postgres.replication.username.empty(),
            "postgresql.authentication.replication.username", "username: replicator");
    check_names(checks);
  }

  void check_names(FileChecks& checks) {
    const AgentConfig& c = config();
    // They become a part of a key.
    if (c.scope.find('/') != std::string::npos)
      checks.error_at("scope", "holds a slash; it is a part of a key in etcd");
    if (c.name.find('/') != std::string::npos)
      checks.error_at("name", "holds a slash; it is a part of a key in etcd");
    const auto& user = c.restapi.authentication;
    if (user.username.empty() != user.password.empty()) {
      checks.error_at("restapi.authentication", "needs both username and password");
    }
    const bool custom = c.bootstrap.method != "initdb";
    const auto& methods = c.bootstrap.methods;
    const auto found = std::find_if(methods.begin(), methods.end(), [&](const CustomMethod& each) {
      return each.name == c.bootstrap.method;
    });
    if (custom && (found == methods.end() || found->command.empty())) {
      checks.error_at("bootstrap.method", fmt::format("\"{}\" has no section bootstrap.{} with a command",
                                                      c.bootstrap.method, c.bootstrap.method));
    }
    for (const std::string& name : c.postgres.shared.create_replica_methods) {
      const auto& known = c.postgres.shared.methods;
      const auto is_it = [&](const CustomMethod& each) { return each.name == name; };
      if (name == "basebackup" || std::any_of(known.begin(), known.end(), is_it)) continue;
      checks.warn_at(
          WarningKind::doubtful, "postgresql.create_replica_methods",
          fmt::format("\"{}\" has no section postgresql.{} here; without one in the shared configuration a "
                      "program of this name is called",
                      name, name));
    }
  }

  // A user and password that stand beside `authentication` protect nothing, and were meant to.
  void check_placement(FileChecks& checks) {
    for (const std::string section : {"restapi", "ctl"}) {
      for (const std::string key : {"username", "password"}) {
        if (!find_setting(whole_, section + "." + key).exact) continue;
        checks.error_at(
            section + "." + key,
            fmt::format("has no effect here, and {}; it belongs under {}.authentication.{}",
                        section == "restapi" ? "leaves the REST API open" : "the others are asked without it",
                        section, key));
      }
    }
    const auto is_told = [](const ConfigWarning& warning) {
      const std::string& text = warning.place.path;
      return warning.kind == WarningKind::unknown && (text == "restapi" || text == "ctl");
    };
    const auto misplaced = [&](const ConfigWarning& warning) {
      return is_told(warning) &&
             std::any_of(loaded_.errors.begin(), loaded_.errors.end(), [&](const ConfigError& error) {
               return error.line > 0 && error.line == warning.place.line && error.file == warning.place.file;
             });
    };
    std::erase_if(loaded_.warnings, misplaced);
  }

  void check_watchdog(FileChecks& checks) {
    if (config().watchdog.mode == WatchdogConfig::Mode::required) {
      checks.error_at("watchdog.mode",
                      "required: not supported yet; with automatic or off the node runs without one");
    } else if (config().watchdog.mode == WatchdogConfig::Mode::automatic &&
               find_setting(whole_, "watchdog").exact) {
      checks.warn_at(WarningKind::not_used_yet, "watchdog.mode", "the watchdog device is not used yet");
    }
  }

  YamlDocument document_;
  bool names_other_store_ = false;
  YamlNode whole_;  // the tree before anything was taken out of it, for places
  std::vector<std::string> files_;
  const Environment& environment_;
  LoadedAgentConfig& loaded_;
};

}  // namespace

LoadedAgentConfig load_agent_config(ReadConfig read, const Environment& environment,
                                    std::vector<ConfigError> errors) {
  LoadedAgentConfig loaded;
  loaded.errors = std::move(errors);
  Loader(std::move(read), environment, loaded).run();
  return loaded;
}

LoadedAgentConfig load_agent_config(std::string_view text, std::string_view file_name,
                                    const Environment& environment) {
  std::vector<ConfigError> errors;
  ReadConfig read;
  read.document = parse_yaml(text, file_name, errors, agent_yaml_options);
  read.files.emplace_back(file_name);
  return load_agent_config(std::move(read), environment, std::move(errors));
}

}  // namespace tamada::agent
