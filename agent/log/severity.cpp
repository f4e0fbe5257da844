#include "agent/log/severity.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tamada::agent {

namespace {

constexpr std::array<std::pair<std::string_view, Severity>, 8> names{{
    {"DEBUG", Severity::debug},
    {"INFO", Severity::info},
    {"WARNING", Severity::warning},
    {"ERROR", Severity::error},
    {"CRITICAL", Severity::critical},
    {"WARN", Severity::warning},
    {"FATAL", Severity::critical},
    {"NOTSET", Severity::debug},
}};

}  // namespace

std::string_view name_of(Severity severity) {
  return names[static_cast<std::size_t>(severity)].first;
}

int number_of(Severity severity) {
  return 10 * (static_cast<int>(severity) + 1);
}

std::optional<Severity> severity_of(std::string_view name) {
  const auto* found =
      std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == name; });
  if (found == names.end()) return std::nullopt;
  return found->second;
}

}  // namespace tamada::agent
