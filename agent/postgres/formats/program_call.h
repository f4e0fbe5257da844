// ProgramCall: one program to be run, as values. Who runs it (the agent itself, or the guard that PostgreSQL's
// processes are the children of) is not said here.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tamada::agent {

// Name to value.
using EnvironmentVariables = std::map<std::string, std::string>;

struct ProgramCall {
  std::string program;                 // a path
  std::vector<std::string> arguments;  // with the name that the program goes by, first
  EnvironmentVariables environment;    // all of it
  std::string directory;               // where it starts; empty: wherever the one who starts it is

  bool operator==(const ProgramCall&) const = default;
};

// What a server and its tools get of the agent's own variables: without PATRONI_*, TAMADA_* and KUBERNETES_*, which
// hold passwords and other settings of the agent, without NOTIFY_SOCKET, and without libpq's variables (PG*), which
// would lead tools elsewhere, but for PG_MALLOC_ARENA_MAX, which becomes MALLOC_ARENA_MAX.
[[nodiscard]] EnvironmentVariables server_environment(const EnvironmentVariables& own);

// The same with LC_ALL=C and without LANGUAGE, so that what the tool says can be read.
[[nodiscard]] EnvironmentVariables tool_environment(const EnvironmentVariables& own);

// "NAME=value" words and back; a word without = is dropped.
[[nodiscard]] EnvironmentVariables environment_of(const std::vector<std::string>& words);
[[nodiscard]] std::vector<std::string> words_of(const EnvironmentVariables& environment);

// BIN/NAME; without a folder the name alone, which is looked up in PATH by who starts it.
[[nodiscard]] std::string program_path(std::string_view bin_dir, std::string_view name);

}  // namespace tamada::agent
