// Result<T>: an expected failure as a value. A bug is an assert; exceptions stay inside the code that calls
// a throwing library (yaml-cpp, nlohmann_json, CLI11) and never cross a libuv callback.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace tamada {

// What went wrong, coarse enough to branch on. The words are for people.
enum class ErrorKind {
  invalid,      // the input is not what the format says
  unresolved,   // a name has no address right now
  refused,      // the peer's machine answered "no" (ECONNREFUSED)
  reset,        // the peer dropped an established connection (ECONNRESET, EPIPE)
  closed,       // the peer ended the conversation before it was complete
  timeout,      // nothing came in the time given
  unreachable,  // no route, network down
  too_large,    // a limit of ours was passed
  denied,       // credentials or certificate refused
  unavailable,  // the service answered that it cannot serve now
  system,       // any other answer of the operating system
};

// "what, on what, why" in one line, e.g. "connect to pg-b 10.0.0.12:5432: no answer within 2000 ms".
struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::make_unexpected(Error{kind, std::move(message)});
}

}  // namespace tamada
