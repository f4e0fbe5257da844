#include "common/http/request_parser.h"

#include <cassert>
#include <utility>

namespace tamada::http {
namespace {

// RFC 9112, 3.2.2: a server takes "GET http://host/path" too (proxies send it); what counts is the path.
std::string_view without_origin(std::string_view target) {
  const auto scheme_end = target.find("://");
  if (target.starts_with('/') || scheme_end == std::string_view::npos) return target;
  const auto path = target.find_first_of("/?", scheme_end + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

}  // namespace

bool RequestParser::on_head() {
  request_ = {};
  request_.method = llhttp_method_name(static_cast<llhttp_method_t>(llhttp_.method));
  request_.minor_version = llhttp_.http_minor;
  request_.keep_alive = llhttp_should_keep_alive(&llhttp_) != 0;
  if (llhttp_.method == HTTP_CONNECT) {
    fail(Fault::unknown_method, "CONNECT: this is no proxy");
    return false;
  }
  if (headers_.count("Host") > 1 || (request_.minor_version == 1 && !headers_.has("Host"))) {
    fail(Fault::malformed, headers_.has("Host") ? "more than one Host field" : "no Host field");
    return false;
  }
  const std::string_view target = without_origin(target_);
  const auto question = target.find('?');
  request_.path = target.substr(0, question);
  if (request_.path.empty()) request_.path = "/";
  if (question != std::string_view::npos) request_.query = target.substr(question + 1);
  return true;
}

Request RequestParser::take() {
  assert(progress_ == Progress::complete);
  Request request = std::move(request_);
  request.headers = std::move(headers_);
  request.body = std::move(body_);
  restart();
  return request;
}

bool RequestParser::expects_continue() const {
  // RFC 9110, 10.1.1: the wish of an HTTP/1.0 client is ignored.
  return request_.minor_version == 1 && headers_.lists("Expect", "100-continue");
}

bool RequestParser::expects_unknown() const {
  return headers_.has("Expect") && !headers_.lists("Expect", "100-continue");
}

int RequestParser::fault_status() const {
  switch (fault()) {
    case Fault::header_too_large:
      return 431;
    case Fault::body_too_large:
      return 413;
    case Fault::unknown_method:
      return 501;
    case Fault::unsupported_version:
      return 505;
    case Fault::none:
    case Fault::malformed:
    case Fault::truncated:
      break;
  }
  return 400;
}

}  // namespace tamada::http
