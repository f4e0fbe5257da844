#include "agent/postgres/formats/program_call.h"

#include <array>

namespace tamada::agent {

namespace {

constexpr std::array<std::string_view, 4> hidden_prefixes{"PATRONI_", "TAMADA_", "KUBERNETES_", "PG"};

bool is_hidden(std::string_view name) {
  for (const std::string_view prefix : hidden_prefixes) {
    if (name.substr(0, prefix.size()) == prefix) return true;
  }
  return name == "NOTIFY_SOCKET";
}

}  // namespace

EnvironmentVariables server_environment(const EnvironmentVariables& own) {
  EnvironmentVariables result;
  for (const auto& [name, value] : own) {
    if (!is_hidden(name)) result[name] = value;
  }
  const auto arenas = own.find("PG_MALLOC_ARENA_MAX");
  if (arenas != own.end()) result["MALLOC_ARENA_MAX"] = arenas->second;
  return result;
}

EnvironmentVariables tool_environment(const EnvironmentVariables& own) {
  EnvironmentVariables result = server_environment(own);
  result.erase("LANGUAGE");  // gettext looks at it first
  result["LC_ALL"] = "C";
  return result;
}

EnvironmentVariables environment_of(const std::vector<std::string>& words) {
  EnvironmentVariables result;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos && equals != 0) result[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return result;
}

std::vector<std::string> words_of(const EnvironmentVariables& environment) {
  std::vector<std::string> words;
  words.reserve(environment.size());
  for (const auto& [name, value] : environment) words.push_back(name + "=" + value);
  return words;
}

std::string program_path(std::string_view bin_dir, std::string_view name) {
  if (bin_dir.empty()) return std::string(name);
  std::string path(bin_dir);
  if (path.back() != '/') path += '/';
  return path.append(name);
}

}  // namespace tamada::agent
