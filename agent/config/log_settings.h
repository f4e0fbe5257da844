// What a person can choose about the agent's log.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/patroni/dynamic/python_value.h"

namespace tamada::agent {

struct LogSettings {
  enum class Type : std::uint8_t { plain, json };
  Type type = Type::plain;
  std::string level = "INFO";             // Python's names: DEBUG, INFO, WARNING, ERROR, CRITICAL
  std::string traceback_level = "ERROR";  // DEBUG or ERROR
  // A text with %(name)s fields; with type json also a list of names, or of {name: shown name}.
  patroni::ConfigValue format = "%(asctime)s %(levelname)s: %(message)s";
  std::string dateformat;                                               // strftime; empty: as Patroni's
  patroni::ConfigValue static_fields = patroni::ConfigValue::object();  // type json: in every line
  std::uint32_t max_queue_size = 1000;
  std::string dir;  // empty: standard error
  std::uint64_t file_size = 25'000'000;
  std::uint32_t file_num = 4;
  std::optional<std::uint32_t> mode;           // of the files; none: by the umask
  std::map<std::string, std::string> loggers;  // Python's modules -> level
  bool deduplicate_heartbeat_logs = false;
  bool operator==(const LogSettings&) const = default;
};

}  // namespace tamada::agent
