#include "common/postgres/error_response.h"

#include "tests/support/every_cut.h"

using namespace tamada;
using namespace tamada::postgres;
using namespace std::string_literals;

namespace {

ErrorResponse whole(std::string_view message) {
  return value_at_every_cut<ErrorResponse>(message, parse_error_response);
}

std::string message_of(std::string_view body) {
  std::string message = "E";
  append_u32(message, static_cast<std::uint32_t>(body.size() + 4));
  return message.append(body);
}

}  // namespace

TEST_CASE("an ErrorResponse is written as the manual says and read back the same", "[error_response]") {
  CHECK(build_fatal("57P03", "no leader is known") ==
        "E\0\0\0\x2eSFATAL\0VFATAL\0C57P03\0Mno leader is known\0\0"s);
  const std::string full = build_fatal("57P03", "no leader", "pg-a is silent for 6 s", "retry shortly");
  CHECK(whole(full) ==
        ErrorResponse{"FATAL", "57P03", "no leader", "pg-a is silent for 6 s", "retry shortly"});
  CHECK(whole(build_error_response({"ERROR", "08P01", "m", {}, {}})) ==
        ErrorResponse{"ERROR", "08P01", "m", {}, {}});
}

TEST_CASE("the untranslated severity is preferred, unknown fields are passed over", "[error_response]") {
  const std::string body =
      "SFATAL, auf Deutsch\0VFATAL\0C57P03\0Mdas Datenbanksystem startet\0Fpostmaster.c\0L2388\0Rfoo\0\0"s;
  CHECK(whole(message_of(body)) == ErrorResponse{"FATAL", "57P03", "das Datenbanksystem startet", {}, {}});
  CHECK(whole(message_of("SFATAL\0C28000\0\0"s)) == ErrorResponse{"FATAL", "28000", {}, {}, {}});
}

TEST_CASE("a zero byte in a text cannot add a field", "[error_response]") {
  CHECK(whole(build_fatal("57P03", "no leader\0C00000"s)).sqlstate == "57P03");
  CHECK(whole(build_fatal("57P03", "no leader\0Hforged"s)).hint.empty());
}

TEST_CASE("the text of a postmaster that cannot fork is understood", "[error_response]") {
  const std::string text =
      "Ecould not fork new process for connection: Resource temporarily unavailable\n\0"s;
  const std::string message = "could not fork new process for connection: Resource temporarily unavailable";
  CHECK(whole(text) == ErrorResponse{{}, {}, message, {}, {}});
  CHECK(whole("EFATAL:  sorry, too many clients already\n\0"s) ==
        ErrorResponse{"FATAL", {}, "sorry, too many clients already", {}, {}});
  CHECK(whole(build_old_error("no")) == ErrorResponse{"FATAL", {}, "no", {}, {}});
}

TEST_CASE("what is no error message is refused with the reason", "[error_response]") {
  const auto wrong = [](std::string_view input, std::size_t known_from) {
    return error_from<ErrorResponse>(input, known_from, parse_error_response).message;
  };
  CHECK(wrong("N\0\0\0\x08"s, 1) == "expected an ErrorResponse ('E'), found 'N'");
  CHECK(wrong("E\0\0\0\x07..."s, 5) == "an ErrorResponse of 7 bytes, expected 8 to 30000");
  CHECK(wrong("E\0\1\0\0..."s, 5) == "an ErrorResponse of 65536 bytes, expected 8 to 30000");
  CHECK(wrong("E\0\0\0\x0aSFATAL"s, 11) == "the ErrorResponse does not end with a zero byte");
  const std::string endless = "E" + std::string(5000, 'x');
  CHECK(wrong(endless, 1 + old_error_max) ==
        "an error text without an end in 2048 bytes: \"" + std::string(60, 'x') + "...\"");
}

TEST_CASE("a body that is cut is read as far as it goes", "[error_response]") {
  CHECK(parse_error_fields("SFATAL\0C57P03\0Mthe data"s) ==
        ErrorResponse{"FATAL", "57P03", "the data", {}, {}});
  CHECK(parse_error_fields("") == ErrorResponse{});
  CHECK(parse_error_fields("S") == ErrorResponse{});
}

TEST_CASE("only a server that is going or coming is worth another try", "[error_response]") {
  CHECK(is_retryable("57P01"));
  CHECK(is_retryable("57P03"));
  for (const char* other : {"", "57P02", "28P01", "53300", "57P0", "57P011", "3D000"})
    CHECK_FALSE(is_retryable(other));
}
