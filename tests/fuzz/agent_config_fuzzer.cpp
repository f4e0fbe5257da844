// A patroni.yml and, after a line "===", variables of the environment, one NAME=value a line; after a second
// one, the JSON of the shared configuration.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

#include "agent/config/config_checks.h"
#include "agent/config/effective_postgres.h"
#include "agent/config/load_agent_config.h"
#include "common/json/json_reader.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada;
using namespace tamada::agent;
using tamada::fuzz::expect;

namespace {

constexpr std::string_view separator = "\n===\n";

// The part before the separator; `rest` goes on behind it.
std::string_view take_part(std::string_view& rest) {
  const auto end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + separator.size());
  return part;
}

Environment variables_in(std::string_view lines) {
  Environment environment;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    const auto equals = line.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  return environment;
}

void expect_told_well(const ConfigError& error) {
  expect(!error.message.empty(), "a finding has words");
  expect(error.to_string().find_first_of("\n\r\x1b") == std::string::npos, "a finding is one line");
}

void expect_usable(const AgentConfig& config) {
  expect(!config.name.empty() && !config.scope.empty(), "a configuration has a name and a scope");
  expect(config.name.find('/') == std::string::npos, "a name is one part of a key");
  expect(!config.etcd.endpoints.empty() || !config.etcd.srv.empty(), "a configuration has an etcd");
  expect(config.postgres.port != 0 && config.restapi.listen.port != 0, "ports are set");
  expect(!config.postgres.data_dir.empty(), "there is a data directory");
}

void expect_parameters_well(const patroni::EffectiveParameters& parameters) {
  for (const auto& [name, value] : parameters.all) {
    expect(!name.empty(), "a parameter has a name");
    const bool local = name == "listen_addresses" || name == "cluster_name";
    expect(local || value.find_first_of("\n\r") == std::string::npos, "a parameter is one line");
  }
  expect(parameters.all.contains("max_connections"), "the shared parameters have defaults");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  const std::string_view file = take_part(rest);
  const Environment environment = variables_in(take_part(rest));
  const auto dynamic = parse_ordered_json_object("configuration", rest);

  const LoadedAgentConfig loaded = load_agent_config(file, "p.yml", environment);
  for (const ConfigError& error : loaded.errors) expect_told_well(error);
  for (const ConfigWarning& warning : loaded.warnings) expect_told_well(warning.place);
  if (loaded.ok()) expect_usable(loaded.config);
  for (const ConfigFinding& finding : validate(loaded.config))
    expect(!finding.message.empty(), "a finding has words");

  const ConfigValue shared = dynamic ? *dynamic : ConfigValue();
  (void)effective_postgres(loaded.config.postgres, shared);
  expect_parameters_well(node_parameters(loaded.config.postgres, loaded.config.scope, shared, 150000));
  expect_parameters_well(node_parameters(loaded.config.postgres, loaded.config.scope, shared, 120000));
  return 0;
}
