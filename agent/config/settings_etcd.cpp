// The rows of `etcd3`.
#include "agent/config/setting_rows.h"

namespace tamada::agent::rows {

namespace {
using C = AgentConfig;
}  // namespace

void add_etcd_settings(std::vector<Setting>& rows) {
  rows.push_back(texts(
      "etcd3.hosts", "host:port", "etcd's members; the others are learned from them",
      [](C & c) -> auto& { return c.etcd.written.hosts; }, ",\n"));
  rows.push_back(only_text(
      "etcd3.host", "host:port", "the same with one member",
      [](C & c) -> auto& { return c.etcd.written.host; }));
  rows.push_back(only_text(
      "etcd3.url", "a URL", "the same as a URL: protocol, host, port, user and password",
      [](C & c) -> auto& { return c.etcd.written.url; }));
  rows.push_back(only_text(
      "etcd3.proxy", "a URL", "the URL of a proxy, which alone is asked",
      [](C & c) -> auto& { return c.etcd.written.proxy; }));
  rows.push_back(text(
      "etcd3.srv", "a domain whose SRV records name the members", [](C & c) -> auto& { return c.etcd.srv; }));
  rows.push_back(text(
      "etcd3.srv_suffix", "behind the names of these records",
      [](C & c) -> auto& { return c.etcd.srv_suffix; }));
  rows.push_back(word<>(
      "etcd3.protocol", "of host and hosts", [](C & c) -> auto& { return c.etcd.written.protocol; },
      std::vector<std::pair<std::string_view, std::string>>{{"http", "http"}, {"https", "https"}}));
  rows.push_back(number<std::uint16_t>(
      "etcd3.port", "of host and hosts, where they name none",
      [](C & c) -> auto& { return c.etcd.written.port; }, 1));
  rows.push_back(on_off(
      "etcd3.use_proxies", "ask only these, not the members that they name",
      [](C & c) -> auto& { return c.etcd.use_proxies; }));
  rows.push_back(text(
      "etcd3.username", "where etcd asks for one", [](C & c) -> auto& { return c.etcd.username; }));
  rows.push_back(secret(
      "etcd3.password", "its password", [](C & c) -> auto& { return c.etcd.password; }));
  rows.push_back(file(
      "etcd3.cacert", "authorities of etcd's certificate (PEM); none: it is not checked",
      [](C & c) -> auto& { return c.etcd.tls.ca_file; }));
  rows.push_back(file(
      "etcd3.cert", "our client certificate (PEM)", [](C & c) -> auto& { return c.etcd.tls.cert_file; }));
  rows.push_back(file(
      "etcd3.key", "its private key (PEM); none: in cert",
      [](C & c) -> auto& { return c.etcd.tls.key_file; }));
}

}  // namespace tamada::agent::rows
