// ErrorResponse: how a PostgreSQL server says no (manual, "Error and Notice Message Fields").
#pragma once

#include "common/base/bytes.h"

namespace tamada::postgres {

// An error as a client is told it. Texts are UTF-8 or whatever the server's lc_messages made of them before
// the encoding is known; foreign text goes through printable() before it is logged.
struct ErrorResponse {
  std::string severity;  // "FATAL"; not translated where the server sends V (9.6 and later)
  std::string sqlstate;  // five characters; empty in the old form
  std::string message;
  std::string detail;
  std::string hint;
  bool operator==(const ErrorResponse&) const = default;
};

// libpq takes a longer "length" (or one below 8) of a server's first message for text in the old form.
inline constexpr std::size_t error_response_max = 30000;
// A text in the old form without an end by here is no error message.
inline constexpr std::size_t old_error_max = 2048;

// The whole message with fields S, V, C, M, and D and H unless they are empty. A zero byte in a text ends it
// there. `sqlstate` has five characters (assert).
[[nodiscard]] std::string build_error_response(const ErrorResponse& error);
// The same with severity FATAL.
[[nodiscard]] std::string build_fatal(std::string_view sqlstate, std::string_view message,
                                      std::string_view detail = {}, std::string_view hint = {});
// The form before protocol 3, 'E' and one text: for clients that ask for protocol 2.
[[nodiscard]] std::string build_old_error(std::string_view message);

// One ErrorResponse at the beginning of `received`. Also the old form, 'E' and a text up to a zero byte,
// which a postmaster still sends when it cannot even start a process ("could not fork new process for
// connection: ..."): then sqlstate is empty, and severity too unless the text begins with one ("FATAL:  ...").
// Unknown fields are passed over. Of a repeated field the first counts.
[[nodiscard]] Parsed<ErrorResponse> parse_error_response(Bytes received);

// The fields of an ErrorResponse's body (after type and length), as far as they go: a field cut off at the
// end is taken as it is. Never fails.
[[nodiscard]] ErrorResponse parse_error_fields(std::string_view body);
// Are these the first four bytes of a text in the old form, given that they are no length of an
// ErrorResponse? No, if one of them is zero: no such text is that short.
[[nodiscard]] bool is_old_error_start(Bytes first_four);
// The old form's text, without its zero byte.
[[nodiscard]] ErrorResponse parse_old_error_text(std::string_view text);

inline constexpr std::string_view admin_shutdown = "57P01";
// The server starts up, shuts down or recovers.
inline constexpr std::string_view cannot_connect_now = "57P03";

// May a start-up that ended with this be tried again elsewhere or later, unseen by the client?
// With these two it may.
[[nodiscard]] bool is_retryable(std::string_view sqlstate);

}  // namespace tamada::postgres
