// Helpers for the tests of the shared configuration: JSON as text in, findings as text out.
#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "common/patroni/dynamic/read_dynamic_settings.h"

namespace tamada::patroni {

inline ConfigValue json(std::string_view text) {
  return ConfigValue::parse(text);
}

// One a line: "ttl: 10 s is too low; taken as 20 s"; "ok" where there is none.
inline std::string told(const std::vector<DynamicFinding>& findings) {
  std::string text;
  for (const DynamicFinding& finding : findings) {
    text += (text.empty() ? "" : "\n") + finding.key + ": " + finding.message;
  }
  return text.empty() ? "ok" : text;
}

}  // namespace tamada::patroni
