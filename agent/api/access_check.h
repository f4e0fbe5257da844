// Whether a request may change something: the address, then the certificate, then the credentials; the first that is missing
// answers (check_access in Patroni's api.py).
#pragma once

#include <optional>

#include "agent/api/access_list.h"
#include "agent/api/answers/answer.h"
#include "agent/api/api_options.h"
#include "agent/api/requests/write_page.h"
#include "common/http/server.h"

namespace tamada::agent {

// None: it may.
[[nodiscard]] std::optional<Answer> refuse_access(WritePage page, const http::Request& request,
                                                  const http::Peer& peer, const ApiOptions& options,
                                                  const AccessList& list);

}  // namespace tamada::agent
