// A configuration file and, after a line "===", variables of the environment, one NAME=value a line.
#include <algorithm>
#include <string>

#include "router/config/load_router_config.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada;
using namespace tamada::router;
using tamada::fuzz::expect;

namespace {

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view separator = "\n===\n";
  const std::string_view input = fuzz::text_of(data, size);
  const auto end = input.find(separator);
  const auto environment =
      end == std::string_view::npos ? Environment{} : variables_in(input.substr(end + separator.size()));
  const FileReader any_file = [](const std::string&) -> Result<std::string> { return std::string("secret"); };

  const auto config = load_router_config(input.substr(0, end), "r.yaml", environment, {any_file});
  if (!config) {
    expect(!config.error().empty(), "a refusal has a reason");
    for (const ConfigError& error : config.error()) {
      expect(!error.message.empty(), "an error has words");
      expect(error.to_string().find_first_of("\n\r\x1b") == std::string::npos, "an error is one line");
    }
    return 0;
  }
  expect(!config->cluster.nodes.empty() && !config->listeners.empty(),
         "a configuration has nodes and listeners");
  const auto again = load_router_config(describe(*config), "described", {}, {any_file});
  expect(again.has_value(), "what is described loads again");
  expect(describe(*again) == describe(*config), "and is the same");
  return 0;
}
