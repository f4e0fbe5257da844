#include "common/postgres/client/startup_text.h"

#include <catch2/catch.hpp>

using namespace tamada::postgres;

TEST_CASE("the SQLSTATE of a start-up stands behind the severity", "[startup_text]") {
  CHECK(
      read_startup_text("connection to server at \"a\" (10.0.0.1), port 5432 failed: FATAL:  28P01: password "
                        "authentication failed\nLOCATION:  auth_failed, auth.c:326\n") ==
      ErrorResponse{"", "28P01", "password authentication failed", "", ""});
  // The words of severities and of the rest may be in any language.
  CHECK(read_startup_text("Verbindung fehlgeschlagen: SCHWERWIEGEND:  57P03: das Datenbanksystem startet") ==
        ErrorResponse{"", "57P03", "das Datenbanksystem startet", "", ""});
}

TEST_CASE("the first place of that shape counts", "[startup_text]") {
  CHECK(read_startup_text("failed: FATAL:  53300: x:  28P01: y").sqlstate == "53300");
  CHECK(read_startup_text("at \"a:  b\" failed: FATAL:  53300: x").sqlstate == "53300");
}

TEST_CASE("where the server said nothing there is no SQLSTATE", "[startup_text]") {
  for (const char* text :
       {"", ":  ", ":  28P01", ":  28P01:", ":  28P01:x", ":  28p01: x", ":  28P0: x", ":  28P011: x",
        ": 28P01: x", "connection to server at \"a\" (10.0.0.1), port 5432 failed: Connection refused\n",
        "could not translate host name \"a\" to address: Name or service not known\n"}) {
    INFO(text);
    CHECK(read_startup_text(text) == ErrorResponse{});
  }
}

TEST_CASE("refused is what every address refused", "[startup_text]") {
  const std::string refused =
      "connection to server at \"a\" (10.0.0.1), port 5432 failed: Connection refused\n"
      "\tIs the server running on that host and accepting TCP/IP connections?\n";
  const std::string no_socket =
      "connection to server on socket \"/run/.s.PGSQL.5432\" failed: No such file or directory\n"
      "\tIs the server running locally and accepting connections on that socket?\n";
  const std::string silent =
      "connection to server at \"a\" (10.0.0.2), port 5432 failed: Connection timed out\n"
      "\tIs the server running on that host and accepting TCP/IP connections?\n";
  CHECK(is_refusal(refused));
  CHECK(is_refusal(no_socket));
  CHECK(is_refusal(refused + refused));
  CHECK_FALSE(is_refusal(""));
  CHECK_FALSE(is_refusal(refused + silent));
  CHECK_FALSE(is_refusal(silent + refused));
  CHECK_FALSE(is_refusal("FATAL:  x failed: Connection refused\n"));
  CHECK_FALSE(is_refusal(refused + "could not translate host name \"b\" to address: Unknown host\n"));
  CHECK_FALSE(
      is_refusal("connection to server at \"a\" (10.0.0.1), port 5432 failed: Connection refused by x\n"));
}
