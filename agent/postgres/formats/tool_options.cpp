#include "agent/postgres/formats/tool_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/bytes.h"

namespace tamada::agent {

namespace {

constexpr std::size_t least_abbreviation = 3;

const std::vector<std::string_view>& forbidden(Tool tool) {
  static const std::vector<std::string_view> initdb{"pgdata",    "nosync",  "pwfile",
                                                    "sync-only", "version", "help"};
  static const std::vector<std::string_view> basebackup{"pgdata", "format",   "wal-method", "xlog-method",
                                                        "gzip",   "version",  "dbname",     "host",
                                                        "port",   "username", "password",   "help"};
  static const std::vector<std::string_view> rewind{
      "target-pgdata",      "source-pgdata",       "source-server", "dry-run", "config-file",
      "restore-target-wal", "write-recovery-conf", "version",       "help"};
  switch (tool) {
    case Tool::initdb:
      return initdb;
    case Tool::pg_basebackup:
      return basebackup;
    case Tool::pg_rewind:
      break;
  }
  return rewind;
}

bool is_long_option(std::string_view name) {
  return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// getopt_long(3) takes any beginning that fits one option only.
bool is_forbidden(Tool tool, std::string_view name) {
  const auto& names = forbidden(tool);
  return std::any_of(names.begin(), names.end(), [&](std::string_view one) {
    return one == name || (name.size() >= least_abbreviation && one.substr(0, name.size()) == name);
  });
}

std::optional<std::string> why_refused(Tool tool, std::string_view name,
                                       const std::optional<std::string>& value, int major) {
  if (!is_long_option(name))
    return fmt::format("is no long option of {}; write its name without dashes, such as \"data-checksums\"",
                       name_of(tool));
  if (is_forbidden(tool, name))
    return fmt::format("is set by the agent and cannot be given to {}", name_of(tool));
  if (value && value->find('\0') != std::string::npos) return "has a zero byte in its value";
  if (tool == Tool::pg_basebackup && name == "compress" &&
      (major < 15 || !value || value->substr(0, 7) != "server-"))
    return "would leave a compressed archive instead of a data directory; from PostgreSQL 15 on "
           "\"server-lz4\" and "
           "the like can be used";
  return std::nullopt;
}

}  // namespace

const char* name_of(Tool tool) {
  switch (tool) {
    case Tool::initdb:
      return "initdb";
    case Tool::pg_basebackup:
      return "pg_basebackup";
    case Tool::pg_rewind:
      return "pg_rewind";
  }
  return "";
}

ToolOptionWords tool_option_words(Tool tool, const std::vector<ToolOption>& options, int major) {
  ToolOptionWords result;
  for (const ToolOption& option : options) {
    // A list's element may hold the value behind an equals sign.
    const std::size_t equals = option.name.find('=');
    const std::string name = option.name.substr(0, equals);
    std::optional<std::string> value = option.value;
    if (!value && equals != std::string::npos) value = option.name.substr(equals + 1);
    if (const auto why = why_refused(tool, name, value, major)) {
      result.refused.push_back(fmt::format("option \"{}\" {}", printable(name), *why));
      continue;
    }
    result.words.push_back(value ? fmt::format("--{}={}", name, *value) : "--" + name);
  }
  return result;
}

}  // namespace tamada::agent
