#include "agent/config/etcd_config.h"

#include <fmt/format.h>

#include <utility>

#include "common/base/address.h"

namespace tamada::agent {

namespace {

// "%40" -> "@": user and password of a URL are written so.
std::string unescaped(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (!escaped) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

Result<std::string> endpoint(const std::string& scheme, std::string_view host, std::uint16_t port) {
  if (scheme != "http" && scheme != "https") {
    return fail(ErrorKind::invalid, fmt::format("protocol \"{}\"; expected http or https", scheme));
  }
  const auto address = HostPort::parse(host, port);
  if (!address) return tl::make_unexpected(address.error());
  return scheme + "://" + address->to_string();
}

Result<std::string> take_url(std::string_view url, EtcdConfig& etcd) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) {
    // It may hold a password.
    return fail(ErrorKind::invalid,
                "an address without http:// or https://; expected a URL such as http://etcd1:2379");
  }
  const std::string scheme(url.substr(0, scheme_end));
  std::string_view rest = url.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('/'));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    const auto colon = user.find(':');
    etcd.username = unescaped(user.substr(0, colon));
    if (colon != std::string_view::npos) etcd.password = unescaped(user.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  return endpoint(scheme, rest, 2379);
}

}  // namespace

Result<void> resolve_endpoints(EtcdConfig& etcd) {
  const EtcdAddresses& written = etcd.written;
  etcd.endpoints.clear();
  const std::string& url = written.proxy.empty() ? written.url : written.proxy;
  if (!written.proxy.empty()) etcd.use_proxies = true;
  const std::string protocol = written.protocol.empty() ? "http" : written.protocol;
  std::vector<std::string> hosts = written.hosts;
  if (hosts.empty() && !written.host.empty()) hosts.push_back(written.host);
  if (!url.empty()) {
    auto made = take_url(url, etcd);
    if (!made) return tl::make_unexpected(made.error());
    etcd.endpoints.push_back(*std::move(made));
    return {};
  }
  for (const std::string& host : hosts) {
    // People write URLs here, too.
    auto made =
        host.find("://") != std::string::npos ? take_url(host, etcd) : endpoint(protocol, host, written.port);
    if (!made) return tl::make_unexpected(made.error());
    etcd.endpoints.push_back(*std::move(made));
  }
  return {};
}

}  // namespace tamada::agent
