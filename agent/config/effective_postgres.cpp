#include "agent/config/effective_postgres.h"

#include <algorithm>
#include <utility>

#include "agent/config/agent_config.h"
#include "agent/config/custom_methods.h"
#include "agent/config/settings.h"

namespace tamada::agent {

namespace {

const ConfigValue* section_of(const ConfigValue& dynamic) {
  if (!dynamic.is_object()) return nullptr;
  const auto found = dynamic.find("postgresql");
  return found == dynamic.end() || !found->is_object() ? nullptr : &*found;
}

class Merger {
 public:
  explicit Merger(const PostgresConfig& local) : local_(local) { config_.postgres = local; }

  EffectivePostgres run(const ConfigValue& section) {
    YamlNode tree = node_of(section);
    take_dynamic_methods(tree);
    const SettingsLayout& layout = settings().layout();
    for (const YamlEntry& entry : tree.entries) {
      const std::string& key = entry.key.text;
      if (!is_shared_postgres_key(key) || local_.given.contains(key)) continue;
      const std::string path = "postgresql." + key;
      if (key.find('.') == std::string::npos && (layout.find(path) != nullptr || layout.is_section(path))) {
        apply(path, entry.value);
      } else if (key != "use_slots" && key != "parameters") {
        tell(patroni::FindingKind::unknown, path, "no setting of PostgreSQL's section");
      }
    }
    merged_.settings = std::move(config_.postgres.shared);
    return std::move(merged_);
  }

 private:
  void tell(patroni::FindingKind kind, std::string key, std::string message) {
    merged_.findings.push_back({kind, std::move(key), std::move(message)});
  }

  void apply(const std::string& path, const YamlNode& node) {
    if (const Setting* row = settings().find(path)) return take(*row, node);
    if (node.kind != YamlNode::Kind::map) {
      if (node.kind != YamlNode::Kind::null)
        tell(patroni::FindingKind::invalid, path, "expected settings under it");
      return;
    }
    for (const YamlEntry& entry : node.entries) {
      const std::string below = path + "." + entry.key.text;
      const Setting* row = settings().find(below);
      if (row == nullptr) {
        tell(patroni::FindingKind::unknown, below, "no such setting");
      } else {
        take(*row, entry.value);
      }
    }
  }

  void take(const Setting& row, const YamlNode& node) {
    SettingNotes notes;
    SettingScope scope{config_, notes};
    for (const SettingFault& fault : row.set_node(scope, node)) {
      tell(patroni::FindingKind::invalid, row.path, fault.message);
    }
    for (const SettingFault& note : notes) tell(patroni::FindingKind::adjusted, row.path, note.message);
  }

  // Sections of methods that the node's own file does not have.
  void take_dynamic_methods(YamlNode& tree) {
    std::vector<std::string> names = local_.shared.create_replica_methods;
    if (names.empty()) names = names_under(tree, "create_replica_methods");
    FoundMethods found = take_methods(tree, "postgresql", names);
    for (const SettingFault& fault : found.faults)
      tell(patroni::FindingKind::invalid, "postgresql", fault.message);
    for (CustomMethod& method : found.methods) {
      if (!local_.given.contains(method.name)) config_.postgres.shared.methods.push_back(std::move(method));
    }
  }

  const PostgresConfig& local_;
  AgentConfig config_;
  EffectivePostgres merged_;
};

}  // namespace

EffectivePostgres effective_postgres(const PostgresConfig& local, const ConfigValue& dynamic) {
  const ConfigValue* section = section_of(dynamic);
  if (section == nullptr) return {local.shared, {}};
  return Merger(local).run(*section);
}

patroni::EffectiveParameters node_parameters(const PostgresConfig& local, const std::string& scope,
                                             const ConfigValue& dynamic, int server_version,
                                             const patroni::PostgresParameters& former) {
  const ConfigValue* section = section_of(dynamic);
  ConfigValue shared;
  if (section != nullptr) {
    if (const auto found = section->find("parameters"); found != section->end()) shared = *found;
  }
  return patroni::effective_parameters(shared, local.parameters,
                                       {scope, local.listen_addresses, std::to_string(local.port)},
                                       server_version, former);
}

}  // namespace tamada::agent
