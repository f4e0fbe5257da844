// ErrorResponse, new form and old. What was read can be written and is read the same.
#include "common/postgres/error_response.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada;
using namespace tamada::postgres;
using tamada::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = as_bytes(tamada::fuzz::text_of(data, size));
  const auto parsed = tamada::fuzz::expect_same_at_every_cut<Parsed<ErrorResponse>>(
      input, error_response_max + 1, parse_error_response);
  (void)parse_error_fields(as_text(input));
  (void)parse_old_error_text(as_text(input));
  const auto* error = std::get_if<ErrorResponse>(&parsed);
  if (error == nullptr || error->sqlstate.size() != 5) return 0;
  const std::string built = build_error_response(*error);
  const auto again = parse_error_response(as_bytes(built));
  const auto* read = std::get_if<ErrorResponse>(&again);
  expect(read != nullptr ? *read == *error : built.size() > error_response_max,
         "an error is read as it was built");
  return 0;
}
