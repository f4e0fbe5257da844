// What the loader looks for in the tree itself, where each finding has its line and column: what nobody
// expands, what bootstrap.dcs asks for, tags that were probably meant in another way. Inner part of
// load_agent_config.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/config/load_agent_config.h"
#include "common/config/yaml_tree.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"

namespace tamada::agent {

// The value under a path such as "bootstrap.dcs.postgresql.parameters.pg_stat_statements.track" (names may
// hold dots), or what is nearest to it on the way; null: the root is no map.
struct FoundSetting {
  const YamlKey* key = nullptr;
  const YamlNode* value = nullptr;
  bool exact = false;
};
[[nodiscard]] FoundSetting find_setting(const YamlNode& root, std::string_view path);

class FileChecks {
 public:
  // All of them must outlive it. `files`: by YamlPlace::file.
  FileChecks(const YamlNode& root, const std::vector<std::string>& files, LoadedAgentConfig& loaded)
      : root_(root), files_(files), loaded_(loaded) {}

  // ${NAME} and ${NAME:-otherwise}, which nothing expands: an error where a plain value is expected, and
  // where it is all of a value. A command may hold one, for the shell that it calls. Answers where they are:
  // what else is wrong with such a value is no news.
  [[nodiscard]] std::vector<YamlPlace> refuse_variables();

  // What bootstrap.dcs asks for: what is not supported yet and what cannot be used are errors, the rest of the
  // findings are warnings.
  void check_dcs(const AgentConfig& config);
  // The same of this node's own parameters.
  void check_parameters(const AgentConfig& config);
  // Names near to a built-in one, booleans written as text, contradictions.
  void check_tags(const NodeTags& tags);

  void error_at(const std::string& path, std::string message);
  void warn_at(WarningKind kind, const std::string& path, std::string message);

 private:
  void look_for_variables(const YamlNode& node, const std::string& path, std::vector<YamlPlace>& found);
  [[nodiscard]] ConfigError place_of(const std::string& path, std::string message) const;
  void tell(const std::string& section, const patroni::DynamicFinding& finding);

  const YamlNode& root_;
  const std::vector<std::string>& files_;
  LoadedAgentConfig& loaded_;
};

}  // namespace tamada::agent
