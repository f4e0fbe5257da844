// The body of GET /master, /replica or /patroni, from whoever answers at that address.
#include "common/patroni/node_status.h"
#include "tests/fuzz/fuzz.h"

using tamada::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto result = tamada::patroni::parse_node_status(tamada::fuzz::text_of(data, size));
  if (!result) {
    expect(result.error().message.size() < 2500, "an error stays short");
    expect(result.error().message.find('\n') == std::string::npos, "an error is one line");
    return 0;
  }
  expect(!result->state.empty() && !result->role_text.empty(), "a status has a state and a role");
  expect(result->state.find_first_of("\n\r\x1b") == std::string::npos, "a text cannot forge a log line");
  return 0;
}
