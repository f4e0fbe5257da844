#include "agent/api/requests/member_requests.h"

#include <fmt/format.h>

#include "agent/api/requests/python_value.h"
#include "common/json/json_reader.h"

namespace tamada::agent {
namespace {

bool is_on(const JsonBody& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && python_switch(*found).value_or(false);
}

std::string text_under(const JsonBody& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

ReinitializeRequest parse_reinitialize(const JsonBody& body) {
  return {is_on(body, "force"), is_on(body, "from_leader")};
}

Answer reinitialize_answer(ReinitializeStart start, const std::string& action) {
  switch (start) {
    case ReinitializeStart::started:
      return text_answer(200, "reinitialize started");
    case ReinitializeStart::no_leader:
      return text_answer(503, "Cluster has no leader, can not reinitialize");
    case ReinitializeStart::is_leader:
      return text_answer(503, "I am the leader, can not reinitialize");
    case ReinitializeStart::busy:
      break;
  }
  return text_answer(503, fmt::format("{} already in progress", action));
}

OrAnswer<FailsafeRequest> parse_failsafe(const JsonBody& body) {
  FailsafeRequest request{
      text_under(body, "name"), text_under(body, "conn_url"), text_under(body, "api_url"), {}};
  if (request.name.empty() || request.name.size() > json_name_max || has_control_character(request.name)) {
    return refuse(error_page(400, "name: expected the name of a member"));
  }
  const auto slots = body.find("slots");
  if (slots == body.end() || !slots->is_object()) return request;
  for (const auto& [name, position] : slots->items()) {
    if (position.is_number_unsigned()) request.slots[name] = position.get<std::uint64_t>();
  }
  return request;
}

Answer failsafe_answer(FailsafeEnd end, const std::optional<std::uint64_t>& position) {
  switch (end) {
    case FailsafeEnd::not_enabled:
      return error_page(502, "failsafe_mode is not enabled");
    case FailsafeEnd::running_as_leader:
      return text_answer(500, "Running as a leader");
    case FailsafeEnd::accepted:
      break;
  }
  Answer answer = text_answer(200, "Accepted");
  if (position) answer.headers.emplace_back("lsn", std::to_string(*position));
  return answer;
}

}  // namespace tamada::agent
