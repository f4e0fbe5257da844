// RequestParser: the server's side of HTTP/1.0 and 1.1. Strict: whatever two programs could read differently
// (Content-Length beside Transfer-Encoding, folded lines, bare newlines, two Host fields) is refused.
#pragma once

#include "common/http/message.h"
#include "common/http/message_parser.h"

namespace tamada::http {

class RequestParser final : public MessageParser {
 public:
  explicit RequestParser(const MessageLimits& limits) : MessageParser(HTTP_REQUEST, limits) {}

  // Precondition: progress() == complete. The parser is then ready for the next request.
  Request take();

  // After head_complete(): the client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const;
  // After head_complete(): an Expect field that is not 100-continue (answer: 417).
  [[nodiscard]] bool expects_unknown() const;

  // The status that answers the fault: 400, 413, 431, 501 or 505. Precondition: progress() == failed.
  [[nodiscard]] int fault_status() const;

 private:
  bool on_head() override;

  Request request_;  // method, version and path; the rest is filled in by take()
};

}  // namespace tamada::http
