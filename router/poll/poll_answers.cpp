#include "router/poll/poll_answers.h"

#include <utility>

#include "common/patroni/dynamic_config.h"

namespace tamada::router {
namespace {

PollAnswer::Stage stage_of(const http::Failure& failure) {
  // A fault of ours says nothing of how far the node is: it counts as an answer that did not come.
  if (failure.error.kind == ErrorKind::system) return PollAnswer::Stage::http;
  switch (failure.stage) {
    case http::Stage::resolving:
    case http::Stage::preparing:
    case http::Stage::connecting:
      return PollAnswer::Stage::connect;
    case http::Stage::tls_handshake:
      return PollAnswer::Stage::tls;
    case http::Stage::sending:
    case http::Stage::waiting:
    case http::Stage::head:
    case http::Stage::body:
      break;
  }
  return PollAnswer::Stage::http;
}

PollAnswer poll_answer(const AskedOf& asked, const http::Outcome<http::Response>& answer) {
  PollAnswer event;
  event.node = asked.ask.node;
  event.asked = asked.ask.kind;
  event.sent = answer ? answer->sent_at : asked.asked;
  if (!answer) {
    event.silence = silence_of(answer.error().error.kind);
    event.stage = stage_of(answer.error());
    event.words = answer.error().error.message;
    return event;
  }
  auto body = patroni::parse_node_status(answer->body);
  if (!body) {
    event.silence = Silence::malformed;
    event.words = "GET " + std::string(path_of(asked.ask.kind)) + ": HTTP " + std::to_string(answer->status) +
                  ", which is not Patroni's: " + body.error().message;
    return event;
  }
  event.status = answer->status;
  event.body = *std::move(body);
  return event;
}

}  // namespace

ClusterEvent answer_of(const AskedOf& asked, const http::Outcome<http::Response>& answer) {
  const TimePoint sent = answer ? answer->sent_at : asked.asked;
  const bool usable = answer && answer->status == 200;
  switch (asked.ask.kind) {
    case AskKind::cluster: {
      ClusterAnswer event{asked.ask.node, sent, std::nullopt};
      if (usable) {
        if (auto members = patroni::parse_cluster_members(answer->body)) event.members = *std::move(members);
      }
      return event;
    }
    case AskKind::config: {
      ConfigAnswer event{asked.ask.node, sent, std::nullopt};
      if (usable) {
        if (const auto config = patroni::parse_dynamic_config(answer->body)) event.ttl = config->ttl;
      }
      return event;
    }
    case AskKind::postgres:
      return PostgresAnswer{
          asked.ask.node, sent, false, {}, {}, {}, answer || answer.error().error.kind != ErrorKind::system};
    case AskKind::master:
    case AskKind::replica:
      break;
  }
  return poll_answer(asked, answer);
}

Silence silence_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::refused:
      return Silence::refused;
    case ErrorKind::reset:
    case ErrorKind::closed:
      return Silence::reset;
    case ErrorKind::unreachable:
      return Silence::unreachable;
    case ErrorKind::unresolved:
      return Silence::unresolved;
    case ErrorKind::timeout:
    case ErrorKind::system:  // our fault, not the node's: told when its time was over
      return Silence::timeout;
    case ErrorKind::invalid:
    case ErrorKind::too_large:
    case ErrorKind::denied:
    case ErrorKind::unavailable:
      return Silence::malformed;
  }
  return Silence::malformed;
}

std::string_view path_of(AskKind kind) {
  switch (kind) {
    case AskKind::master:
      return "/master";
    case AskKind::replica:
      return "/replica";
    case AskKind::cluster:
      return "/cluster";
    case AskKind::config:
      return "/config";
    case AskKind::postgres:
      break;
  }
  return "";
}

std::string server_shown(const patroni::NodeStatus& status) {
  if (status.system_identifier.empty()) return {};
  if (status.name.empty() && status.postmaster_start_time.empty()) return {};
  return status.scope + "\n" + status.name + "\n" + status.system_identifier + "\n" +
         status.postmaster_start_time;
}

std::string server_shown(std::string_view body) {
  const auto status = patroni::parse_node_status(body);
  return status ? server_shown(*status) : std::string();
}

std::string who_answered(const ClusterEvent& event) {
  const auto* poll = std::get_if<PollAnswer>(&event);
  if (poll == nullptr || !poll->body) return {};
  const patroni::NodeStatus& body = *poll->body;
  if (body.scope.empty() && body.name.empty() && body.system_identifier.empty()) return {};
  return body.scope + "\n" + body.name + "\n" + body.system_identifier;
}

}  // namespace tamada::router
