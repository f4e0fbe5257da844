#include "agent/api/requests/restart_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "agent/api/answers/json_writer.h"
#include "agent/api/answers/setting_number.h"
#include "agent/api/requests/python_value.h"
#include "agent/api/requests/schedule.h"

namespace tamada::agent {
namespace {

using patroni::NodeRole;

std::optional<Answer> take_role(const JsonBody& value, RestartRequest& request) {
  const std::string word = value.is_string() ? value.get<std::string>() : "";
  for (const NodeRole role : {NodeRole::primary, NodeRole::standby_leader, NodeRole::replica}) {
    if (word == patroni::name_of(role)) request.role = role;
  }
  if (request.role) return std::nullopt;
  return text_answer(400, "PostgreSQL role should be either primary, standby_leader, or replica");
}

// The parts of "15.4" or "9.6.24"; none where one of them is no number.
std::optional<std::vector<int>> version_parts(std::string_view text) {
  std::vector<int> parts;
  while (true) {
    const std::string_view part = text.substr(0, text.find('.'));
    int number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc{} || end != part.data() + part.size() || number < 0 || number > 99)
      return std::nullopt;
    parts.push_back(number);
    if (part.size() == text.size()) return parts;
    text.remove_prefix(part.size() + 1);
  }
}

std::optional<Answer> take_version(const JsonBody& value, RestartRequest& request) {
  const std::string text = python_text(value);
  const auto parts = version_parts(text);
  if (!parts) return text_answer(400, fmt::format("Invalid PostgreSQL version: {}", text));
  const bool is_old = parts->size() == 3;
  if (parts->size() < 2 || parts->size() > 3 || (!is_old && parts->front() < 10)) {
    return text_answer(400,
                       fmt::format("Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: {}", text));
  }
  request.postgres_version = text;
  request.postgres_version_number = (*parts)[0] * 10000 + (is_old ? (*parts)[1] * 100 : 0) + parts->back();
  return std::nullopt;
}

std::optional<Answer> take_timeout(const JsonBody& value, RestartRequest& request) {
  constexpr std::int64_t most = 365 * 86400;  // so that a sum of times never overflows
  const auto seconds = setting_number(python_text(value), BaseUnit::seconds);
  if (!seconds || *seconds <= 0) return text_answer(400, "Timeout should be a positive number of seconds");
  request.timeout = std::chrono::seconds(std::min(*seconds, most));
  return std::nullopt;
}

std::optional<Answer> take(const std::string& key, const JsonBody& value, WallTime now,
                           RestartRequest& request) {
  if (key == "role") return take_role(value, request);
  if (key == "postgres_version") return take_version(value, request);
  if (key == "timeout") return take_timeout(value, request);
  if (key == "restart_pending") {
    request.only_if_pending = true;  // whatever its value, as Patroni takes it
    return std::nullopt;
  }
  if (key != "schedule")
    return text_answer(400, fmt::format("Unknown filter for the scheduled restart: {}", key));
  auto schedule = parse_schedule(value, "restart", now);
  if (!schedule) return schedule.error();
  request.schedule = *schedule;
  return std::nullopt;
}

}  // namespace

OrAnswer<RestartRequest> parse_restart(const JsonBody& body, bool paused, WallTime now) {
  if (paused && body.contains("schedule")) {
    return refuse(text_answer(500, "Can't schedule restart in the paused state"));
  }
  RestartRequest request;
  for (const auto& [key, value] : body.items()) {
    if (auto refusal = take(key, value, now, request)) return refuse(*std::move(refusal));
  }
  return request;
}

std::string restart_json(const RestartRequest& request) {
  JsonWriter json;
  json.open_object();
  if (request.schedule) json.key("schedule").text(iso_text(*request.schedule));
  if (request.role) json.key("role").text(patroni::name_of(*request.role));
  if (!request.postgres_version.empty()) json.key("postgres_version").text(request.postgres_version);
  if (request.timeout) {
    json.key("timeout").number(std::chrono::duration_cast<std::chrono::seconds>(*request.timeout).count());
  }
  if (request.only_if_pending) json.key("restart_pending").flag(true);
  json.close_object();
  return json.take();
}

Answer restart_answer(RestartEnd end, const std::string& action) {
  switch (end) {
    case RestartEnd::restarted:
      return text_answer(200, "restarted successfully");
    case RestartEnd::still_starting:
      return text_answer(503, "postgres is still starting");
    case RestartEnd::failed:
      return text_answer(503, "restart failed");
    case RestartEnd::conditions_not_met:
      return text_answer(503, "restart conditions are not satisfied");
    case RestartEnd::busy:
      return text_answer(503, fmt::format("{} already in progress", action));
    case RestartEnd::broken:
      break;
  }
  return text_answer(400, "restart failed");
}

Answer restart_scheduled_answer(bool scheduled) {
  return scheduled ? text_answer(202, "Restart scheduled")
                   : text_answer(409, "Another restart is already scheduled");
}

Answer restart_deleted_answer(bool deleted) {
  return deleted ? text_answer(200, "scheduled restart deleted")
                 : text_answer(404, "no restarts are scheduled");
}

}  // namespace tamada::agent
