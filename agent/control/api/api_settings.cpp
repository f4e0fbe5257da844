#include "agent/control/api/api_settings.h"

namespace tamada::agent {
namespace {

VerifyClient verify_of(RestApiConfig::VerifyClient verify) {
  switch (verify) {
    case RestApiConfig::VerifyClient::optional:
      return VerifyClient::optional;
    case RestApiConfig::VerifyClient::required:
      return VerifyClient::required;
    case RestApiConfig::VerifyClient::none:
      break;
  }
  return VerifyClient::none;
}

ServerTokens tokens_of(RestApiConfig::ServerTokens tokens) {
  switch (tokens) {
    case RestApiConfig::ServerTokens::minimal:
      return ServerTokens::minimal;
    case RestApiConfig::ServerTokens::productonly:
      return ServerTokens::product_only;
    case RestApiConfig::ServerTokens::original:
      break;
  }
  return ServerTokens::original;
}

ApiTls tls_of(const RestApiConfig& config) {
  ApiTls tls;
  tls.certificate_file = config.certfile;
  tls.key_file = config.keyfile;
  tls.key_password = config.keyfile_password;
  tls.client_ca_file = config.cafile;
  tls.ciphers = config.ciphers;
  tls.verify_client = verify_of(config.verify_client);
  return tls;
}

}  // namespace

ApiOptions api_options_of(const RestApiConfig& config) {
  ApiOptions options;
  if (!config.certfile.empty()) options.tls = tls_of(config);
  if (!config.authentication.username.empty()) {
    options.authentication = {config.authentication.username, config.authentication.password};
  }
  options.allowlist = config.allowlist;
  options.allowlist_include_members = config.allowlist_include_members;
  options.http_extra_headers = config.http_extra_headers;
  options.https_extra_headers = config.https_extra_headers;
  options.server_tokens = tokens_of(config.server_tokens);
  return options;
}

}  // namespace tamada::agent
