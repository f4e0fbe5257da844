// What ended a start-up, read from libpq's words: it hands out a connection's failure as text only (as of
// libpq 15, whose sources fe-connect.c and fe-protocol3.c are meant here). This is the one place where text
// is branched on; what it does not recognise is nothing but "unreachable".
//
// The verbose form (PQERRORS_VERBOSE) is made by libpq itself from the fields of the ErrorResponse:
//
//   connection to server at "a" (10.0.0.1), port 5432 failed: FATAL:  28P01: password authentication ...
//
// so the code stands between the severity, a colon with two blanks, and a colon with one. The first place of
// that shape counts: before it stand only our own parameters, behind it the server's words.
//
// What connect(2) answered comes as
//
//   connection to server at "a" (10.0.0.1), port 5432 failed: Connection refused
//   <tab>Is the server running on that host and accepting TCP/IP connections?
//
// once for each address. The words are the C library's, in English as long as the program does not call
// setlocale() for LC_MESSAGES.
#pragma once

#include <string_view>

#include "common/postgres/error_response.h"

namespace tamada::postgres {

// sqlstate and message; both empty where no such place is found: the server said nothing.
[[nodiscard]] ErrorResponse read_startup_text(std::string_view verbose_text);

// Every address that was tried was answered with ECONNREFUSED, or ENOENT of a Unix socket.
[[nodiscard]] bool is_refusal(std::string_view verbose_text);

}  // namespace tamada::postgres
