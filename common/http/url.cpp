#include "common/http/url.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/address.h"
#include "common/http/header.h"

namespace tamada::http {
namespace {

constexpr std::uint16_t default_port(bool tls) {
  return tls ? 443 : 80;
}

bool is_plain(char c) {
  return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\": {}; expected for instance \"http://host:8008\"", text, why));
  };
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    return fail(ErrorKind::invalid, "a URL with a blank, a control character or a letter outside ASCII");
  }
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return refuse("no scheme");

  Url url;
  const std::string_view scheme = text.substr(0, scheme_end);
  if (equals_ignoring_case(scheme, "https")) {
    url.tls = true;
  } else if (!equals_ignoring_case(scheme, "http")) {
    return refuse(fmt::format("unknown scheme \"{}\", neither http nor https", scheme));
  }

  std::string_view rest = text.substr(scheme_end + 3);
  const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  rest.remove_prefix(authority_end);
  if (authority.find('@') != std::string_view::npos) {
    // The text is not repeated: it holds a password.
    return fail(ErrorKind::invalid,
                "a URL with credentials in it; give user and password by their own settings");
  }
  if (!authority.starts_with('[') && std::count(authority.begin(), authority.end(), ':') > 1) {
    return refuse("an IPv6 address without brackets");
  }
  if (authority.empty() || authority.front() == ':' || authority.front() == '*') return refuse("no host");
  if (authority.back() == ':') return refuse("no port after the colon");
  auto host = HostPort::parse(authority, default_port(url.tls));
  if (!host) return refuse(host.error().message);
  url.host = std::move(host->host);
  url.port = host->port;

  if (rest.find('#') != std::string_view::npos) return refuse("a fragment (#...)");
  const auto query_start = rest.find('?');
  if (query_start != std::string_view::npos) {
    url.query = rest.substr(query_start + 1);
    rest = rest.substr(0, query_start);
  }
  if (!rest.empty()) url.path = rest;
  return url;
}

std::string Url::authority() const {
  if (port != default_port(tls)) return HostPort{host, port}.to_string();
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

std::string Url::target() const {
  return query.empty() ? path : fmt::format("{}?{}", path, query);
}

std::string Url::to_string() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), target());
}

}  // namespace tamada::http
