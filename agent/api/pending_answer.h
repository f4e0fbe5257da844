// PendingAnswer: the right to answer one request, which may be copied into the callbacks that it waits for. The first answer
// counts. When the client has gone, or the server, answering does nothing; when the last copy goes without an answer, the
// client gets 500.
//
// Loop thread only.
#pragma once

#include <memory>

#include "agent/api/answers/answer.h"
#include "common/http/responder.h"

namespace tamada::agent {

// What stands in each answer besides what it says. Immutable.
using AnswerHeaders = std::shared_ptr<const http::Headers>;

class PendingAnswer {
 public:
  PendingAnswer(http::Responder responder, AnswerHeaders headers);

  void send(const Answer& answer) const;
  // The client waits, as far as can be seen.
  [[nodiscard]] bool is_open() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// The answer as HTTP.
[[nodiscard]] http::Response http_response(const Answer& answer, const http::Headers& headers);

}  // namespace tamada::agent
