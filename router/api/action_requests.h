// What a request to change something asks for: the paths below /api/v1 (docs/statistics.md) and the older
// /admin/nodes/NAME, as an Action. Pure: credentials and the site it came from are judged elsewhere.
//
//   PUT    /api/v1/nodes/NAME/state          {"state": "drain", "listener": "read"}
//   PUT    /api/v1/nodes/NAME/weight         {"weight": 2, "listener": "read"}
//   DELETE /api/v1/nodes/NAME/sessions       ?listener=read
//   POST   /api/v1/nodes/NAME/restart        {}
//   POST   /api/v1/nodes/NAME/reinitialize   {}
//   POST   /api/v1/switchover                {"candidate": "pg2"}
//   DELETE /api/v1/sessions/ID
//   PUT    /admin/nodes/NAME                 {"state": "drain", "listener": "read"}
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/http/message.h"
#include "router/api/backend/stats_backend.h"

namespace tamada::router {

// Why a request cannot be an action: the status, one sentence, and for 405 the methods there are.
struct BadRequest {
  int status = 400;
  std::string words;
  std::string allow;
};

using ActionRequest = std::variant<Action, BadRequest>;

// The methods by which something can be changed under this path, as Allow lists them; empty: it is none of the above.
[[nodiscard]] std::string methods_to_change(std::string_view path);

// None: the path is none of the above. Precondition: the body was taken whole.
[[nodiscard]] std::optional<ActionRequest> action_request(const http::Request& request);

}  // namespace tamada::router
