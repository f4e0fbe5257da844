#include "common/http/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <iterator>

#include "common/base/base64.h"

namespace tamada::http {
namespace {

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) {
        return !is_header_safe({&c, 1});
      },
      ' ');
  return text;
}

void append_headers(std::string& out, const Headers& headers) {
  for (const Header& field : headers) {
    assert(is_header_safe(field.name) && is_header_safe(field.value));
    // A value that broke the promise loses its line ends, it does not become a header of its own.
    fmt::format_to(std::back_inserter(out), "{}: {}\r\n", one_line(field.name), one_line(field.value));
  }
}

}  // namespace

std::string_view status_words(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string basic_credentials(std::string_view user, std::string_view password) {
  return "Basic " + base64_encode(fmt::format("{}:{}", user, password));
}

bool is_header_safe(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

std::string request_bytes(const Request& request, std::string_view host, bool keep_alive) {
  assert(is_header_safe(request.method) && is_header_safe(request.path) && is_header_safe(request.query) &&
         is_header_safe(host));
  std::string out =
      fmt::format("{} {}{}{} HTTP/1.1\r\nHost: {}\r\nConnection: {}\r\n", request.method, request.path,
                  request.query.empty() ? "" : "?", request.query, host, keep_alive ? "keep-alive" : "close");
  append_headers(out, request.headers);
  // RFC 9110, 8.6: a method that takes content says "0" when there is none.
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
  }
  out += "\r\n";
  out += request.body;
  return out;
}

std::string status_line(int status, int minor_version) {
  return fmt::format("HTTP/1.{} {} {}\r\n", minor_version, status, status_words(status));
}

std::string response_head(int status, const Headers& headers) {
  std::string out = status_line(status, 1);
  append_headers(out, headers);
  out += "\r\n";
  return out;
}

std::string chunk_bytes(std::string_view data) {
  assert(!data.empty());
  return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
}

}  // namespace tamada::http
