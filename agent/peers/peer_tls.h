// TLS towards the other members' REST API (Patroni's contract 1.2). Pure.
//
// No name is ever checked: members are asked at addresses that their certificates need not hold. With a client certificate
// (ctl.certfile) the chain is checked, against ctl.cacert, restapi.cafile or the system's authorities; without one
// any certificate is taken.
#pragma once

#include "agent/config/restapi_config.h"
#include "common/http/tls_context.h"

namespace tamada::agent {

[[nodiscard]] http::TlsClientOptions peer_tls_options(const CtlConfig& ctl, const RestApiConfig& restapi);

// As whom members are asked: ctl's, else the REST API's own; an empty name: as nobody.
[[nodiscard]] const ApiUser& peer_user(const CtlConfig& ctl, const RestApiConfig& restapi);

}  // namespace tamada::agent
