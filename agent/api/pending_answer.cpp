#include "agent/api/pending_answer.h"

#include <string_view>
#include <utility>

namespace tamada::agent {
namespace {

std::string_view type_of(Content content) {
  switch (content) {
    case Content::json:
      return "application/json";
    case Content::metrics:
      return "text/plain";
    case Content::text:
    case Content::status_line:
      break;
  }
  return "text/html";
}

}  // namespace

struct PendingAnswer::State {
  http::Responder responder;
  AnswerHeaders headers;
};

PendingAnswer::PendingAnswer(http::Responder responder, AnswerHeaders headers)
    : state_(std::make_shared<State>(State{std::move(responder), std::move(headers)})) {}

void PendingAnswer::send(const Answer& answer) const {
  if (answer.content == Content::status_line) return state_->responder.send_status_line(answer.status);
  state_->responder.send(http_response(answer, *state_->headers));
}

bool PendingAnswer::is_open() const {
  return state_->responder.is_open();
}

http::Response http_response(const Answer& answer, const http::Headers& headers) {
  http::Response response;
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.headers.add(name, value);
  response.headers.add("Content-Type", std::string(type_of(answer.content)));
  for (const http::Header& field : headers) response.headers.add(field.name, field.value);
  response.body = answer.body;
  return response;
}

}  // namespace tamada::agent
