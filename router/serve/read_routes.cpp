#include "router/serve/read_routes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/query_string.h"
#include "router/serve/http_answers.h"
#include "router/stats/api_json.h"
#include "router/stats/haproxy_csv.h"
#include "router/stats/haproxy_json.h"
#include "router/stats/prometheus.h"
#include "router/stats/stat_query.h"
#include "router/stats/status_json.h"

namespace tamada::router {
namespace {

constexpr std::string_view api = "/api/v1/";

// Where HAProxy's page stands in the manuals and in images; a question mark behind it changes nothing.
// One level deep: the page names its files relative to itself, so that it also works behind a proxy's prefix.
constexpr std::array<std::string_view, 6> pages{"/",        "/index.html",    "/stats",
                                                "/haproxy", "/haproxy_stats", "/admin"};

ReadRoute haproxy_route(PageQuery query, const RenderOptions& options) {
  if (query.format == PageFormat::json_schema) {
    return {false, json_type, [](const StatsSnapshot&) { return std::string(haproxy_json_schema()); }};
  }
  const std::string_view type = query.format == PageFormat::json ? json_type : text_type;
  return {true, type, [query = std::move(query), options](const StatsSnapshot& snapshot) {
            return render_stat(snapshot, query.rows, options);
          }};
}

std::optional<ReadRoute> api_route(std::string_view path) {
  path.remove_prefix(api.size());
  if (path == "state") return ReadRoute{true, json_type, [](const auto& one) { return state_json(one); }};
  if (path == "charts") {
    return ReadRoute{true, json_type, [](const auto& one) { return charts_json(*one.charts); }};
  }
  const std::size_t slash = path.find('/');
  std::string section(path.substr(0, slash));
  if (slash == std::string_view::npos) {
    return ReadRoute{true, json_type,
                     [section = std::move(section)](const auto& one) { return section_json(one, section); }};
  }
  return ReadRoute{false, json_type,
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
  if (path == "/status") return ReadRoute{true, json_type, [](const auto& one) { return status_json(one); }};
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
