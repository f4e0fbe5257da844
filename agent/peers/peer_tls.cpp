#include "agent/peers/peer_tls.h"

namespace tamada::agent {

http::TlsClientOptions peer_tls_options(const CtlConfig& ctl, const RestApiConfig& restapi) {
  http::TlsClientOptions options;
  options.check_name = false;
  options.verify = !ctl.certfile.empty();
  options.ca_file = ctl.cacert.empty() ? restapi.cafile : ctl.cacert;
  options.certificate_file = ctl.certfile;
  if (!ctl.certfile.empty()) options.key_file = ctl.keyfile.empty() ? ctl.certfile : ctl.keyfile;
  options.key_password = ctl.keyfile_password;
  options.certificate_setting = "ctl.certfile";
  return options;
}

const ApiUser& peer_user(const CtlConfig& ctl, const RestApiConfig& restapi) {
  return ctl.authentication.username.empty() ? restapi.authentication : ctl.authentication;
}

}  // namespace tamada::agent
