// Failure: why a request of the HTTP client came to nothing, and how far it had got.
//
// The kind says what went wrong, the stage says when; neither can be told from the other, since an
// established connection may end with the same error as one that never came about (EHOSTUNREACH, ENETDOWN).
// Whoever may not do a thing twice asks may_have_been_sent() and nothing else.
//
// What nobody can know: once the first byte has been given to the kernel, whether the server got the request,
// and whether it carried it out. So from `sending` on the answer is "perhaps", also where the words of the
// error make it unlikely (TLS 1.3 refuses a client's certificate only after the client's first bytes).
#pragma once

#include <string_view>

#include "common/base/result.h"

namespace tamada::http {

// What a request waits for; of one that failed, what it had waited for. In the order of time.
enum class Stage {
  resolving,      // the address of the server's name: by whoever makes the request, before there is one
  preparing,      // our own TLS files
  connecting,     // the TCP connection
  tls_handshake,  // from TCP's connection to the end of our side of the handshake
  sending,        // the kernel has not taken the whole request yet
  waiting,        // for the first byte of the answer
  head,           // the rest of the status line and the headers
  body,           // the rest of the answer
};

// For the words of an error: "connecting", "TLS handshake", "waiting for the answer", "reading the headers".
[[nodiscard]] std::string_view words_of(Stage stage);

struct Failure {
  Error error;
  Stage stage = Stage::waiting;

  // False: no byte of the request has left this process, it may be put to another server.
  [[nodiscard]] bool may_have_been_sent() const { return stage >= Stage::sending; }

  bool operator==(const Failure&) const = default;
};

template <class T>
using Outcome = tl::expected<T, Failure>;

}  // namespace tamada::http
