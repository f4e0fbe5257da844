// The rows of `restapi` and `ctl`.
#include "agent/config/setting_rows.h"

namespace tamada::agent::rows {

namespace {

using C = AgentConfig;
constexpr std::uint16_t api_port = 8008;

template <class Field>
Setting address(std::string path, std::string meaning, Field field) {
  return value(
      std::move(path), "host:port", std::move(meaning), field,
      [](const YamlNode& node, SettingNotes&) { return read_address(node, api_port); },
      [](const HostPort& address) { return address.host.empty() ? std::string() : address.to_string(); });
}

template <class Field>
Setting headers(std::string path, std::string meaning, Field field) {
  return value(
      std::move(path), "names with values", std::move(meaning), field,
      [](const YamlNode& node, SettingNotes&) -> Result<Headers> {
        auto pairs = read_text_map(node);
        if (!pairs) return pairs;
        for (const auto& [name, text] : *pairs) {
          if ((name + text).find_first_of("\r\n") == std::string::npos) continue;
          return fail(ErrorKind::invalid, fmt::format("{}: holds a line end; expected one line", name));
        }
        return pairs;
      },
      [](const Headers& headers) {
        std::string shown;
        for (const auto& [name, text] : headers) shown += (shown.empty() ? "" : ", ") + name + ": " + text;
        return shown;
      });
}

void add_ctl(std::vector<Setting>& rows) {
  rows.push_back(text(
      "ctl.authentication.username", "as whom the others' REST API is asked; none: as restapi.authentication",
      [](C & c) -> auto& { return c.ctl.authentication.username; }));
  rows.push_back(secret(
      "ctl.authentication.password", "its password",
      [](C & c) -> auto& { return c.ctl.authentication.password; }));
  rows.push_back(on_off(
      "ctl.insecure", "the others' certificates are not checked",
      [](C & c) -> auto& { return c.ctl.insecure; }));
  rows.push_back(file(
      "ctl.cacert", "authorities of the others' certificates (PEM); none: restapi.cafile",
      [](C & c) -> auto& { return c.ctl.cacert; }));
  rows.push_back(file(
      "ctl.certfile", "our client certificate (PEM)", [](C & c) -> auto& { return c.ctl.certfile; }));
  rows.push_back(file(
      "ctl.keyfile", "its private key (PEM); none: in certfile",
      [](C & c) -> auto& { return c.ctl.keyfile; }));
  rows.push_back(secret(
      "ctl.keyfile_password", "of keyfile", [](C & c) -> auto& { return c.ctl.keyfile_password; }));
}

}  // namespace

void add_api_settings(std::vector<Setting>& rows) {
  using Verify = RestApiConfig::VerifyClient;
  using Tokens = RestApiConfig::ServerTokens;
  rows.push_back(address(
      "restapi.listen", "where the REST API listens", [](C & c) -> auto& { return c.restapi.listen; }));
  rows.push_back(address(
      "restapi.connect_address", "where the other nodes reach it; never a loopback address",
      [](C & c) -> auto& { return c.restapi.connect_address; }));
  rows.push_back(text(
      "restapi.authentication.username", "who may change something; none: everybody that allowlist lets in",
      [](C & c) -> auto& { return c.restapi.authentication.username; }));
  rows.push_back(secret(
      "restapi.authentication.password", "the password",
      [](C & c) -> auto& { return c.restapi.authentication.password; }));
  rows.push_back(file(
      "restapi.certfile", "the server's certificate (PEM): HTTPS; none: HTTP",
      [](C & c) -> auto& { return c.restapi.certfile; }));
  rows.push_back(file(
      "restapi.keyfile", "its private key (PEM); none: in certfile",
      [](C & c) -> auto& { return c.restapi.keyfile; }));
  rows.push_back(secret(
      "restapi.keyfile_password", "of keyfile", [](C & c) -> auto& { return c.restapi.keyfile_password; }));
  rows.push_back(file(
      "restapi.cafile", "authorities of client certificates (PEM)",
      [](C & c) -> auto& { return c.restapi.cafile; }));
  rows.push_back(text(
      "restapi.ciphers", "as OpenSSL writes them; none: OpenSSL's choice",
      [](C & c) -> auto& { return c.restapi.ciphers; }));
  rows.push_back(word<>(
      "restapi.verify_client",
      "whether clients must show a certificate: none, optional (for changes), required",
      [](C & c) -> auto& { return c.restapi.verify_client; },
      std::vector<std::pair<std::string_view, Verify>>{
          {"none", Verify::none}, {"optional", Verify::optional}, {"required", Verify::required}}));
  rows.push_back(texts(
      "restapi.allowlist", "names, addresses and networks", "who may change something; none: everybody",
      [](C & c) -> auto& { return c.restapi.allowlist; }, ",\n"));
  rows.push_back(on_off(
      "restapi.allowlist_include_members", "the cluster's members may, too",
      [](C & c) -> auto& { return c.restapi.allowlist_include_members; }));
  rows.push_back(headers(
      "restapi.http_extra_headers", "sent with each answer",
      [](C & c) -> auto& { return c.restapi.http_extra_headers; }));
  rows.push_back(headers(
      "restapi.https_extra_headers", "sent with each answer over HTTPS, too",
      [](C & c) -> auto& { return c.restapi.https_extra_headers; }));
  rows.push_back(number<std::uint32_t>(
      "restapi.request_queue_size", "connections that wait to be accepted",
      [](C & c) -> auto& { return c.restapi.request_queue_size; }, 0, 4096));
  rows.push_back(ignored("restapi.thread_pool_size", "of Patroni's threads; not used here"));
  rows.push_back(word<>(
      "restapi.server_tokens", "what the header Server says",
      [](C & c) -> auto& { return c.restapi.server_tokens; },
      std::vector<std::pair<std::string_view, Tokens>>{{"original", Tokens::original},
                                                       {"minimal", Tokens::minimal},
                                                       {"productonly", Tokens::productonly},
                                                       {"Original", Tokens::original},
                                                       {"Minimal", Tokens::minimal},
                                                       {"ProductOnly", Tokens::productonly}}));
  add_ctl(rows);
}

}  // namespace tamada::agent::rows
