// Url: an http or https address as a person writes it in a configuration file, taken apart. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace tamada::http {

struct Url {
  bool tls = false;         // https
  std::string host;         // name or IP literal, without brackets
  std::uint16_t port = 80;  // 443 for https, unless the text names one
  std::string path = "/";   // as written (not decoded), always begins with '/'
  std::string query;        // without the '?'; empty if none

  // "http://patroni1:8008/patroni?x=1", "https://[::1]:2379". A scheme is obligatory; credentials, fragments,
  // blanks and control characters are refused. The error names the text and what was expected.
  static Result<Url> parse(std::string_view text);

  // What goes into the Host header: "patroni1:8008", "[::1]:2379"; the port is left out when it is the
  // scheme's own.
  [[nodiscard]] std::string authority() const;
  // What goes into the request line: path and query.
  [[nodiscard]] std::string target() const;
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Url&) const = default;
};

}  // namespace tamada::http
