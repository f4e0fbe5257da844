// The body of GET /config, from whoever answers at that address.
#include "common/patroni/dynamic_config.h"
#include "tests/fuzz/fuzz.h"

using tamada::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto result = tamada::patroni::parse_dynamic_config(tamada::fuzz::text_of(data, size));
  if (!result) {
    expect(result.error().message.size() < 2500, "an error stays short");
    expect(result.error().message.find('\n') == std::string::npos, "an error is one line");
    return 0;
  }
  for (const auto span : {result->ttl, result->loop_wait, result->retry_timeout}) {
    expect(span >= std::chrono::seconds(1) && span <= std::chrono::hours(24), "a time within its limits");
  }
  return 0;
}
