// ResponseParser: the client's side of HTTP/1.0 and 1.1: bodies by Content-Length, chunked, and until the
// connection ends (Patroni: "HTTP/1.0 200 OK" and an empty line may be the whole answer). Interim answers
// (100 to 199) are skipped.
#pragma once

#include "common/base/result.h"
#include "common/http/message.h"
#include "common/http/message_parser.h"

namespace tamada::http {

class ResponseParser final : public MessageParser {
 public:
  struct Expectation {
    bool to_head = false;    // the answer to HEAD: never a body, whatever its headers say
    bool streaming = false;  // the owner takes the body away piece by piece with take_body()
  };

  ResponseParser(const MessageLimits& limits, Expectation expectation)
      : MessageParser(HTTP_RESPONSE, limits), expectation_(expectation) {
    streaming_ = expectation.streaming;
  }

  // The peer sent FIN. Completes a body that lasts until then; otherwise it is a fault (truncated).
  void finish();

  // After head_complete(): status, reason, headers; the body only once complete (and if not streaming).
  [[nodiscard]] Response take();
  // What came of the body since the last call.
  [[nodiscard]] std::string take_body();

  // Precondition: progress() == failed.
  [[nodiscard]] Error error() const;

 private:
  bool on_head() override;

  Expectation expectation_;
  Response response_;
  int interim_answers_ = 0;
};

}  // namespace tamada::http
