#include "agent/api/requests/handover_request.h"

#include "agent/api/requests/python_value.h"
#include "agent/api/requests/schedule.h"

namespace tamada::agent {
namespace {

// Empty where the key is missing, or what Python takes for false.
std::string name_under(const JsonBody& body, const char* key) {
  const auto found = body.find(key);
  return found == body.end() || !python_truth(*found) ? std::string() : python_text(*found);
}

}  // namespace

std::string_view name_of(HandoverKind kind) {
  return kind == HandoverKind::switchover ? "switchover" : "failover";
}

OrAnswer<HandoverRequest> parse_handover(HandoverKind kind, const JsonBody& body, bool paused, WallTime now) {
  const auto refuse_400 = [](std::string_view words) { return refuse(text_answer(400, words)); };
  HandoverRequest request;
  request.kind = kind;
  request.leader = name_under(body, "leader");
  request.candidate = name_under(body, "candidate");
  if (request.candidate.empty()) request.candidate = name_under(body, "member");  // its name in older clients

  const bool is_failover = kind == HandoverKind::failover;
  if (is_failover && request.candidate.empty()) {
    return refuse_400("Failover could be performed only to a specific candidate");
  }
  if (!is_failover && request.leader.empty()) {
    return refuse_400("Switchover could be performed only from a specific leader");
  }
  const auto scheduled_at = body.find("scheduled_at");
  if (scheduled_at != body.end() && python_truth(*scheduled_at)) {
    if (is_failover) return refuse_400("Failover can't be scheduled");
    if (paused) return refuse_400("Can't schedule switchover in the paused state");
    auto timestamp = parse_schedule(*scheduled_at, "switchover", now);
    if (!timestamp) return refuse(timestamp.error());
    request.scheduled_at = *timestamp;
  }
  if (paused && request.candidate.empty()) {
    return refuse_400("Switchover is possible only to a specific candidate in a paused state");
  }
  if (!request.leader.empty()) request.kind = HandoverKind::switchover;
  if (request.leader == request.candidate) return refuse_400("Switchover target and source are the same");
  return request;
}

}  // namespace tamada::agent
