#include "agent/config/agent_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "agent/config/typed_values.h"
#include "common/base/spelling.h"
#include "common/base/utf8.h"
#include "common/config/setting_value.h"
#include "common/config/source/process_environment.h"
#include "common/config/yaml_merge.h"

namespace tamada::agent {

namespace {

using Form = AgentVariable::Form;

constexpr std::string_view prefix = "PATRONI_";
constexpr std::string_view whole_configuration = "PATRONI_CONFIGURATION";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

struct Section {
  std::string_view variable;  // behind the prefix: "RESTAPI_"
  std::string_view path;      // "restapi."
  std::vector<std::pair<std::string_view, Form>> names;
};

std::vector<Section> sections() {
  const std::vector<std::pair<std::string_view, Form>> user{{"username", Form::text},
                                                            {"password", Form::text}};
  auto database_user = user;
  for (const std::string_view name : {"sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl",
                                      "sslcrldir", "gssencmode", "channel_binding", "sslnegotiation"}) {
    database_user.emplace_back(name, Form::text);
  }
  std::vector<std::pair<std::string_view, Form>> programs;
  for (const std::string_view name :
       {"pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready", "pg_rewind"}) {
    programs.emplace_back(name, Form::text);
  }
  return {
      {"",
       "",
       {{"name", Form::text},
        {"scope", Form::text},
        {"namespace", Form::text},
        {"thread_pool_size", Form::text},
        {"thread_stack_size", Form::text}}},
      {"LOG_",
       "log.",
       {{"type", Form::text},
        {"level", Form::text},
        {"traceback_level", Form::text},
        {"format", Form::text},
        {"dateformat", Form::text},
        {"static_fields", Form::map},
        {"max_queue_size", Form::number},
        {"dir", Form::text},
        {"file_size", Form::number},
        {"file_num", Form::number},
        {"mode", Form::number},
        {"loggers", Form::map},
        {"deduplicate_heartbeat_logs", Form::on_off}}},
      {"RESTAPI_",
       "restapi.",
       {{"listen", Form::text},
        {"connect_address", Form::text},
        {"certfile", Form::text},
        {"keyfile", Form::text},
        {"keyfile_password", Form::text},
        {"cafile", Form::text},
        {"ciphers", Form::text},
        {"verify_client", Form::text},
        {"http_extra_headers", Form::map},
        {"https_extra_headers", Form::map},
        {"allowlist", Form::list},
        {"allowlist_include_members", Form::on_off},
        {"request_queue_size", Form::number},
        {"thread_pool_size", Form::number},
        {"server_tokens", Form::text}}},
      {"RESTAPI_", "restapi.authentication.", user},
      {"CTL_",
       "ctl.",
       {{"insecure", Form::on_off},
        {"cacert", Form::text},
        {"certfile", Form::text},
        {"keyfile", Form::text},
        {"keyfile_password", Form::text}}},
      {"CTL_", "ctl.authentication.", user},
      {"POSTGRESQL_",
       "postgresql.",
       {{"listen", Form::text},
        {"connect_address", Form::text},
        {"proxy_address", Form::text},
        {"config_dir", Form::text},
        {"data_dir", Form::text},
        {"pgpass", Form::text},
        {"bin_dir", Form::text}}},
      {"POSTGRESQL_BIN_", "postgresql.bin_name.", programs},
      {"SUPERUSER_", "postgresql.authentication.superuser.", database_user},
      {"REPLICATION_", "postgresql.authentication.replication.", database_user},
      {"REWIND_", "postgresql.authentication.rewind.", database_user},
      {"ETCD3_",
       "etcd3.",
       {{"host", Form::text},
        {"hosts", Form::list},
        {"port", Form::number},
        {"protocol", Form::text},
        {"use_proxies", Form::on_off},
        {"url", Form::text},
        {"proxy", Form::text},
        {"srv", Form::text},
        {"srv_suffix", Form::text},
        {"cacert", Form::text},
        {"cert", Form::text},
        {"key", Form::text},
        {"username", Form::text},
        {"password", Form::text}}},
  };
}

// Older names, which count where the present one is not set.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> older_names{
    {{"PATRONI_LOGLEVEL", "PATRONI_LOG_LEVEL"},
     {"PATRONI_LOGFORMAT", "PATRONI_LOG_FORMAT"},
     {"PATRONI_LOG_DATEFMT", "PATRONI_LOG_DATEFORMAT"}}};

// Kubernetes and Docker set such variables for a service called "patroni..."; nobody meant us by them.
bool is_service_link(std::string_view name, std::string_view value) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  return name.ends_with("_SERVICE_HOST") || has("_SERVICE_PORT") ||
         (has("_PORT_") && (has("_TCP") || has("_UDP"))) ||
         (name.ends_with("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://")));
}

void place_all(YamlNode& node, const YamlPlace& place) {  // NOLINT(misc-no-recursion)
  node.place = place;
  for (YamlNode& item : node.items) place_all(item, place);
  for (YamlEntry& each : node.entries) {
    each.key.place = place;
    place_all(each.value, place);
  }
}

YamlNode text_node(std::string_view text, bool quoted) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.text = text;
  node.quoted = quoted;
  return node;
}

// A list or a map, whose brackets may be left out.
Result<YamlNode> structure(std::string_view text, Form form, const std::string& name) {
  const bool list = form == Form::list;
  const bool bare =
      list ? !text.starts_with('-') && text.find('[') == std::string_view::npos : !text.starts_with('{');
  const std::string whole =
      bare ? fmt::format("{}{}{}", list ? '[' : '{', text, list ? ']' : '}') : std::string(text);
  std::vector<ConfigError> errors;
  YamlDocument document = parse_yaml(whole, name, errors, agent_yaml_options);
  const auto wanted = list ? YamlNode::Kind::list : YamlNode::Kind::map;
  if (!errors.empty() || document.root.kind != wanted) {
    return fail(ErrorKind::invalid,
                list ? "expected a list: a,b or [a, b]" : "expected names with values: {a: b}");
  }
  return std::move(document.root);
}

Result<YamlNode> node_for(const AgentVariable& variable, std::string_view text) {
  switch (variable.form) {
    case Form::text:
      // Without a field in it, it is a list of fields.
      if (variable.path == "log.format" && text.find("%(") == std::string_view::npos) {
        return structure(text, Form::list, variable.name);
      }
      return text_node(text, true);
    case Form::number:
    case Form::on_off:
      // Settings that take a number or a switch take them as text, too.
      return text_node(text, false);
    case Form::list:
    case Form::map:
      return structure(text, variable.form, variable.name);
  }
  return fail(ErrorKind::invalid, "not understood");
}

// `path`'s part of a document: {restapi: {listen: NODE}}.
YamlNode wrapped(std::string_view path, YamlNode node) {
  for (;;) {
    const auto dot = path.rfind('.');
    YamlNode map;
    map.kind = YamlNode::Kind::map;
    map.entries.push_back({{std::string(path.substr(dot + 1)), {}, false}, std::move(node)});
    if (dot == std::string_view::npos) return map;
    node = std::move(map);
    path = path.substr(0, dot);
  }
}

const AgentVariable* find_variable(std::string_view name) {
  const auto& all = agent_variables();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const AgentVariable& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

void warn_unknown(const std::string& name, LoadedAgentConfig& loaded) {
  std::vector<std::string_view> known;
  for (const AgentVariable& each : agent_variables())
    known.push_back(std::string_view(each.name).substr(prefix.size()));
  const std::string nearest = nearest_word(std::string_view(name).substr(prefix.size()), known);
  loaded.warnings.push_back(
      {WarningKind::unknown,
       {shortened(name, 60), 0, 0, "",
        nearest.empty() ? "unknown variable"
                        : fmt::format("unknown variable (did you mean \"{}{}\"?)", prefix, nearest)}});
}

}  // namespace

bool is_hidden_from_children(std::string_view variable) {
  return variable.starts_with(prefix);
}

bool is_hidden_from_postgres(std::string_view variable) {
  return is_hidden_from_children(variable) || variable.starts_with("KUBERNETES_") ||
         variable == "NOTIFY_SOCKET";
}

Environment agent_environment() {
  return process_environment(prefix);
}

const std::vector<AgentVariable>& agent_variables() {
  static const std::vector<AgentVariable> all = [] {
    std::vector<AgentVariable> made;
    for (const Section& section : sections()) {
      for (const auto& [name, form] : section.names) {
        made.push_back({fmt::format("{}{}{}", prefix, section.variable, upper(name)),
                        fmt::format("{}{}", section.path, name), form});
      }
    }
    return made;
  }();
  return all;
}

void overlay_environment(const Environment& environment, YamlNode& root, std::vector<std::string>& files,
                         LoadedAgentConfig& loaded) {
  YamlDocument document;
  document.root = std::move(root);
  for (const auto& [name, value] : environment) {
    const std::string_view text = trimmed(value);
    if (!name.starts_with(prefix) || name == whole_configuration || text.empty()) continue;
    std::string_view present = name;
    for (const auto& [older, newer] : older_names) {
      if (name == older) present = newer;
    }
    if (present != name && environment.contains(std::string(present))) continue;
    const AgentVariable* variable = find_variable(present);
    if (variable == nullptr) {
      if (!is_service_link(name, text)) warn_unknown(name, loaded);
      continue;
    }
    auto node = node_for(*variable, text);
    if (!node) {
      loaded.errors.push_back({name, 0, 0, variable->path, node.error().message});
      continue;
    }
    YamlNode whole = wrapped(variable->path, *std::move(node));
    place_all(whole, {0, 0, files.size()});
    files.push_back(name);
    merge_tree(document.root, std::move(whole));
  }
  root = std::move(document.root);
}

}  // namespace tamada::agent
