// KeptResponse: an answer as the bytes that are sent, made once for many requests. Sending it to a client
// whose connection stays open copies nothing and makes nothing. Immutable; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/http/message.h"

namespace tamada::http {

class KeptResponse {
 public:
  // Adds Content-Length (where the status may have a body) and Connection; the headers must not hold them.
  explicit KeptResponse(const Response& response);

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::string_view body() const { return std::string_view(bytes_).substr(head_size_); }
  // The whole answer of a connection that stays open.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  // With another end: the last answer of a connection, or one to HEAD, which has no body.
  [[nodiscard]] std::string bytes(bool keep_alive, bool with_body) const;

 private:
  int status_;
  std::string bytes_;
  std::size_t fields_size_ = 0;  // up to the Connection field, the last one
  std::size_t head_size_ = 0;
};

}  // namespace tamada::http
