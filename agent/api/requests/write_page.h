// Which request that changes something a method and a path mean. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "agent/api/answers/answer.h"
#include "agent/api/requests/json_body.h"

namespace tamada::agent {

enum class WritePage {
  patch_config,
  put_config,
  reload,
  restart,
  delete_restart,
  switchover,
  failover,
  delete_switchover,
  reinitialize,
  failsafe,
  sigterm,
  citus,  // POST /citus and /mpp: there is no Citus here, the event is taken and means nothing
};

// As for GET, the first part of the path decides. None: 501, see unsupported().
[[nodiscard]] std::optional<WritePage> write_page(std::string_view method, std::string_view path);
// 501, as Patroni answers what it has no handler for; patronictl tries an older path then.
[[nodiscard]] Answer unsupported(std::string_view method);

// None: the page has no body, whatever was sent.
[[nodiscard]] std::optional<BodyNeed> body_need(WritePage page);

}  // namespace tamada::agent
