#include "router/api/read_routes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/query_string.h"
#include "common/http/answers.h"
#include "router/stats/api/api_json.h"
#include "router/stats/api/status_json.h"
#include "router/stats/haproxy/haproxy_csv.h"
#include "router/stats/haproxy/haproxy_json.h"
#include "router/stats/haproxy/stat_query.h"
#include "router/stats/metrics/prometheus.h"

namespace tamada::router {
namespace {

constexpr std::string_view api = "/api/v1/";

// Where HAProxy's page stands in the manuals and in images; a question mark behind it changes nothing.
// One level deep: the page names its files relative to itself, so that it also works behind a proxy's prefix.
constexpr std::array<std::string_view, 6> pages{"/",        "/index.html",    "/stats",
                                                "/haproxy", "/haproxy_stats", "/admin"};

ReadRoute haproxy_route(PageQuery query, const RenderOptions& options) {
  if (query.format == PageFormat::json_schema) {
    return {false, http::json_type, [](const StatsSnapshot&) { return std::string(haproxy_json_schema()); }};
  }
  const std::string_view type = query.format == PageFormat::json ? http::json_type : http::text_type;
  return {true, type, [query = std::move(query), options](const StatsSnapshot& snapshot) {
            return render_stat(snapshot, query.rows, options);
          }};
}

std::optional<ReadRoute> api_route(std::string_view path) {
  path.remove_prefix(api.size());
  if (path == "state")
    return ReadRoute{true, http::json_type, [](const auto& one) { return state_json(one); }};
  if (path == "charts") {
    return ReadRoute{true, http::json_type, [](const auto& one) { return charts_json(*one.charts); }};
  }
  const std::size_t slash = path.find('/');
  std::string section(path.substr(0, slash));
  if (slash == std::string_view::npos) {
    return ReadRoute{true, http::json_type,
                     [section = std::move(section)](const auto& one) { return section_json(one, section); }};
  }
  return ReadRoute{false, http::json_type,
                   [section = std::move(section), key = percent_decode(path.substr(slash + 1))](
                       const auto& one) { return item_json(one, section, key); }};
}

}  // namespace

bool looks(const http::Request& request) {
  return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
}

std::string target_of(const http::Request& request) {
  return request.query.empty() ? request.path : request.path + "?" + request.query;
}

bool is_page(const http::Request& request) {
  return std::find(pages.begin(), pages.end(), request.path) != pages.end();
}

std::optional<ReadRoute> read_route(const http::Request& request, const RenderOptions& options,
                                    std::string& bad) {
  const std::string_view path = request.path;
  if (path == "/status")
    return ReadRoute{true, http::json_type, [](const auto& one) { return status_json(one); }};
  if (path == "/metrics") {
    auto query = parse_metrics_query(request.query);
    if (!query) {
      bad = query.error().message;
      return std::nullopt;
    }
    return ReadRoute{true, metrics_content_type, [query = *std::move(query), options](const auto& one) {
                       return render_metrics(one, query, options);
                     }};
  }
  if (path.starts_with(api)) return api_route(path);
  PageQuery query = parse_page_query(target_of(request));
  if (query.format == PageFormat::page) return std::nullopt;
  return haproxy_route(std::move(query), options);
}

}  // namespace tamada::router
