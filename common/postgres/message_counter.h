// MessageCounter: how many whole messages have gone by in a stream of the PostgreSQL protocol that is cut
// anywhere (PostgreSQL manual, "Message Formats": a type byte, a length that counts itself, a body). It looks
// at nothing but the lengths and keeps no bytes.
//
// For what a client sends after its StartupMessage: an answer to an authentication request counts when it is
// whole. A length below 4, which no message has, counts as one of 4: the server will end such a session.
#pragma once

#include <array>

#include "common/base/bytes.h"

namespace tamada::postgres {

class MessageCounter {
 public:
  void feed(Bytes bytes);
  // Whole messages so far.
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t header_size = 5;

  std::uint64_t count_ = 0;
  std::array<std::byte, header_size> header_{};
  std::size_t header_have_ = 0;
  std::uint32_t body_left_ = 0;
};

}  // namespace tamada::postgres
