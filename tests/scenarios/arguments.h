// The words of a scenario's command, and what they mean as values. What cannot be understood is thrown as Unknown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/scenarios/world.h"

namespace tamada::router::scenario {

using Words = std::vector<std::string>;

struct Unknown {
  std::string what;
};

[[nodiscard]] Words split(const std::string& line);
// `pattern`: lower-case words stand for themselves, capitals for an argument, a final "..." for the rest. The arguments;
// none: it does not fit.
[[nodiscard]] std::optional<Words> match(const std::string& pattern, const Words& words);

[[nodiscard]] Duration duration(const std::string& text);    // "300ms", "2.5s"
[[nodiscard]] std::uint64_t bytes(const std::string& text);  // "20MB"
[[nodiscard]] WorldNode& node(World& world, const std::string& label);
[[nodiscard]] NodeId node_id(World& world, const std::string& label);
[[nodiscard]] ListenerId listener_id(World& world, const std::string& name);
[[nodiscard]] Ending ending(const std::string& text);
[[nodiscard]] Target target(const std::string& text);
[[nodiscard]] Preference preference(const std::string& text);  // "replica", "tag:KEY:VALUE"

}  // namespace tamada::router::scenario
