// Request and Response: HTTP/1.x messages as values, and their bytes.
#pragma once

#include <string>
#include <string_view>

#include "common/base/time.h"
#include "common/http/header.h"

namespace tamada::http {

struct Request {
  std::string method = "GET";  // "GET", "HEAD", "POST", ...
  std::string path = "/";      // as sent (not decoded), without the query
  std::string query;           // without the '?'; empty if none
  Headers headers;
  std::string body;

  // Set by the parser; not sent by request_bytes().
  int minor_version = 1;   // 0 or 1: HTTP/1.0 or HTTP/1.1
  bool keep_alive = true;  // the client may send another request on this connection
};

struct Response {
  int status = 200;
  std::string reason;  // as sent; may be empty
  Headers headers;
  std::string body;

  // Set by the client: when the request's bytes were handed to the system, by the boot clock. What the answer
  // says was true at this moment or later. The epoch if the response did not come from a client.
  TimePoint sent_at{};
  // Set by the parser: what the server says about its side of the connection.
  int minor_version = 1;
  bool keep_alive = true;
};

// "Not Found" for 404; "Unknown" for a number without a name.
[[nodiscard]] std::string_view status_words(int status);

// Whether an answer of this status has a body and Content-Length (RFC 9110, 8.6): not 1xx, 204 and 304.
[[nodiscard]] bool may_have_body(int status);

// A header value for a 'Authorization: Basic ...' field.
[[nodiscard]] std::string basic_credentials(std::string_view user, std::string_view password);

// Whether text may stand in a request line or a header: no CR, LF, NUL or other control character but tab.
// Everything that comes from a configuration file or a peer is checked with it before it is sent.
[[nodiscard]] bool is_header_safe(std::string_view text);

// The whole request. Adds Host, Connection (close, or keep-alive) and Content-Length; the caller's headers
// must not hold these. Precondition: is_header_safe() of every part but the body.
[[nodiscard]] std::string request_bytes(const Request& request, std::string_view host, bool keep_alive);

// "HTTP/1.0 200 OK" with its line end.
[[nodiscard]] std::string status_line(int status, int minor_version);
// Status line and headers up to and including the empty line. Adds nothing.
[[nodiscard]] std::string response_head(int status, const Headers& headers);
// One chunk of a chunked body. Precondition: `data` is not empty (an empty chunk would end the body).
[[nodiscard]] std::string chunk_bytes(std::string_view data);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace tamada::http
