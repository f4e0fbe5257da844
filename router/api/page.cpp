#include "router/api/page.h"

#include <string>
#include <utility>

#include "common/http/answers.h"
#include "router/api/assets.h"
#include "router/stats/haproxy/haproxy_html.h"

namespace tamada::router {
namespace {

// Where the marks go: at the end, so that the page begins with its document type.
constexpr std::string_view page_end = "</body>";

}  // namespace

http::Response page(const StatsSnapshot* snapshot) {
  std::string text(find_asset("/")->body);
  const std::size_t end = text.rfind(page_end);
  if (snapshot != nullptr && end != std::string::npos) text.insert(end, haproxy_marks(*snapshot) + "\n");
  return http::answer_with(std::move(text), http::html_type);
}

std::optional<http::Response> page_file(const http::Request& request) {
  const Asset* asset = request.path == "/" ? nullptr : find_asset(request.path);
  if (asset == nullptr) return std::nullopt;
  http::Response response;
  // Asked for each time, and answered with 304 as long as it is the same: a new router shows its new page.
  response.headers = {{"Cache-Control", "no-cache"}, {"ETag", std::string(asset->etag)}};
  http::add_security_headers(response.headers);
  if (request.headers.lists("If-None-Match", asset->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", std::string(asset->content_type));
  response.body = asset->body;
  return response;
}

}  // namespace tamada::router
