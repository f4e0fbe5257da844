#include "common/http/auth/same_site.h"

#include <fmt/format.h>

#include <string_view>

namespace tamada::http {
namespace {

// "host:port" of "http://host:port/path"; empty if it is no URL ("null", for instance).
std::string_view authority_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

std::optional<std::string> compare(std::string_view field, std::string_view value, std::string_view host) {
  if (!host.empty() && http::equals_ignoring_case(authority_of(value), host)) return std::nullopt;
  return fmt::format("the request was sent by another site ({}: {}); this one is {}", field,
                     value.substr(0, 100), host.substr(0, 100));
}

}  // namespace

std::optional<std::string> foreign_site(const http::Request& request) {
  const auto fetch_site = request.headers.find("Sec-Fetch-Site");
  // "none": a person typed it. "same-site" is another host or port of the same domain: a stranger.
  if (fetch_site && *fetch_site != "same-origin" && *fetch_site != "none") {
    return fmt::format("the request was sent by another site (Sec-Fetch-Site: {})",
                       fetch_site->substr(0, 100));
  }
  const std::string_view host = request.headers.find("Host").value_or("");
  if (const auto origin = request.headers.find("Origin")) return compare("Origin", *origin, host);
  if (const auto referer = request.headers.find("Referer")) return compare("Referer", *referer, host);
  return std::nullopt;
}

}  // namespace tamada::http
