// What Patroni's REST API is asked to do: the path and the body of a POST (docs/rest_api of Patroni). Pure.
#pragma once

#include <optional>
#include <string>

namespace tamada::patroni {

struct ApiRequest {
  std::string path;
  std::string body;  // JSON
};

// To the leader, who refuses it if somebody else leads by then. `candidate` not set: whoever is fit.
[[nodiscard]] ApiRequest switchover_request(const std::string& leader,
                                            const std::optional<std::string>& candidate);
// To the node itself, both.
[[nodiscard]] ApiRequest restart_request();
[[nodiscard]] ApiRequest reinitialize_request();  // also while it is being built anew already

}  // namespace tamada::patroni
