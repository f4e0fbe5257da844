// Helpers for the tests of the configuration: load a text with made-up files, and read the answer as text.
#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <string_view>

#include "router/config/load_router_config.h"

namespace tamada::router {

// The files that exist, by path.
inline FileReader files(std::map<std::string, std::string> contents) {
  return [contents = std::move(contents)](const std::string& path) -> Result<std::string> {
    const auto found = contents.find(path);
    if (found != contents.end()) return found->second;
    return fail(ErrorKind::system, "cannot read " + path + ": No such file or directory");
  };
}

// "ok", or the errors one a line, without the line that counts them.
inline std::string errors_of(std::string_view text, const Environment& environment = {},
                             const std::map<std::string, std::string>& contents = {}) {
  const auto loaded = load_router_config(text, "r.yaml", environment, {files(contents)});
  if (loaded) return "ok";
  std::string lines;
  for (const ConfigError& error : loaded.error()) lines += (lines.empty() ? "" : "\n") + error.to_string();
  return lines;
}

inline RouterConfig loaded(std::string_view text, const Environment& environment = {},
                           const std::map<std::string, std::string>& contents = {}) {
  INFO(errors_of(text, environment, contents));
  auto config = load_router_config(text, "r.yaml", environment, {files(contents)});
  REQUIRE(config);
  return *config;
}

}  // namespace tamada::router
