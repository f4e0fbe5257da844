#include "common/patroni/requests.h"

#include <nlohmann/json.hpp>

namespace tamada::patroni {
namespace {

using Json = nlohmann::json;

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

ApiRequest switchover_request(const std::string& leader, const std::optional<std::string>& candidate) {
  Json body{{"leader", leader}};
  if (candidate) body["candidate"] = *candidate;
  return {"/switchover", text(body)};
}

ApiRequest restart_request() {
  return {"/restart", "{}"};
}

ApiRequest reinitialize_request() {
  return {"/reinitialize", text({{"force", true}})};
}

}  // namespace tamada::patroni
