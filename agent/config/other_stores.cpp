#include "agent/config/other_stores.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace tamada::agent {

namespace {

struct Refused {
  std::string_view section;
  std::string_view variable;  // where its variables begin
  std::string_view sentence;
};

constexpr std::string_view use_etcd3 =
    "is not supported; run etcd 3.4 or later and write its address under etcd3, such as etcd3: {hosts: "
    "\"etcd1:2379,etcd2:2379,etcd3:2379\"}";

constexpr std::array<Refused, 7> refused{{
    {"etcd", "PATRONI_ETCD_",
     "etcd's API v2 is not supported; etcd has v3 at the same address, so write etcd3: instead of etcd: here "
     "(PATRONI_"
     "ETCD3_... for variables). Keys of the two are apart: change all nodes of a cluster to etcd3 while it "
     "is paused"},
    {"consul", "PATRONI_CONSUL_", use_etcd3},
    {"zookeeper", "PATRONI_ZOOKEEPER_", use_etcd3},
    {"exhibitor", "PATRONI_EXHIBITOR_", use_etcd3},
    {"kubernetes", "PATRONI_KUBERNETES_", use_etcd3},
    {"raft", "PATRONI_RAFT_", use_etcd3},
    {"citus", "PATRONI_CITUS_", "Citus is not supported; take the section out to run the nodes without it"},
}};

// Variables that Patroni reads below these names; others of the prefix are somebody else's.
constexpr std::array<std::string_view, 10> suffixes{
    "HOST",      "HOSTS",    "URL",    "SRV",   "SRV_SUFFIX",
    "SELF_ADDR", "DATABASE", "LABELS", "PROXY", "BYPASS_API_SERVICE"};

struct Gone {
  std::string_view section;
  std::string_view key;
  std::string_view sentence;
};

constexpr std::array<Gone, 3> gone{{
    {"bootstrap", "users",
     "was taken out of Patroni 4.0, and no user is made of it; make users with a script under "
     "bootstrap.post_bootstrap"},
    {"postgresql", "pg_rewind",
     "is of Patroni before 1.0; write postgresql.authentication.rewind and use_pg_rewind instead"},
    {"postgresql", "admin", "is of Patroni before 1.0, and has no effect"},
}};

YamlNode* map_under(YamlNode& root, std::string_view key) {
  for (YamlEntry& entry : root.entries) {
    if (entry.key.text == key && entry.value.kind == YamlNode::Kind::map) return &entry.value;
  }
  return nullptr;
}

}  // namespace

bool refuse_other_stores(YamlNode& root, const std::vector<std::string>& files,
                         const Environment& environment, LoadedAgentConfig& loaded) {
  const auto at = [&](const YamlKey& key, std::string path, std::string_view sentence) -> ConfigError {
    return {files[key.place.file], key.place.line, key.place.column, std::move(path), std::string(sentence)};
  };
  bool other_store = false;
  std::erase_if(root.entries, [&](const YamlEntry& entry) {
    for (const Refused& each : refused) {
      if (entry.key.text != each.section) continue;
      other_store = other_store || each.section != "citus";
      loaded.errors.push_back(at(entry.key, std::string(each.section), each.sentence));
      return true;
    }
    return false;
  });
  for (const Refused& each : refused) {
    for (const std::string_view suffix : suffixes) {
      const std::string name = fmt::format("{}{}", each.variable, suffix);
      const auto found = environment.find(name);
      if (found == environment.end() || found->second.empty()) continue;
      other_store = other_store || each.section != "citus";
      loaded.errors.push_back({name, 0, 0, std::string(each.section), std::string(each.sentence)});
    }
  }
  for (const Gone& each : gone) {
    YamlNode* section = map_under(root, each.section);
    if (section == nullptr) continue;
    std::erase_if(section->entries, [&](const YamlEntry& entry) {
      if (entry.key.text != each.key) return false;
      loaded.warnings.push_back(
          {WarningKind::gone, at(entry.key, fmt::format("{}.{}", each.section, each.key), each.sentence)});
      return true;
    });
  }
  return other_store;
}

}  // namespace tamada::agent
