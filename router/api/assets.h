// The files of the page (stats-ui/), embedded when the router is built: scripts/embed.py makes all_assets().
// Immutable; any thread.
#pragma once

#include <span>
#include <string_view>

namespace tamada::router {

struct Asset {
  std::string_view path;          // "/" for the page itself, "/ui/NAME" for the other files
  std::string_view content_type;  // with its charset
  std::string_view etag;          // strong, with its quotes; changes with the bytes
  std::string_view body;
};

[[nodiscard]] std::span<const Asset> all_assets();

// `path` as in a request, without the query; matched exactly. Null: there is no such file.
[[nodiscard]] const Asset* find_asset(std::string_view path);

}  // namespace tamada::router
