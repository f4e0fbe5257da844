// Severity: the levels of the agent's log, which are those of Python's logging module.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tamada::agent {

enum class Severity : std::uint8_t { debug, info, warning, error, critical };

// "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"
[[nodiscard]] std::string_view name_of(Severity severity);
// Python's number of it: 10, 20, 30, 40, 50.
[[nodiscard]] int number_of(Severity severity);
// Also WARN, FATAL and NOTSET (everything), as Python takes them.
[[nodiscard]] std::optional<Severity> severity_of(std::string_view name);

}  // namespace tamada::agent
