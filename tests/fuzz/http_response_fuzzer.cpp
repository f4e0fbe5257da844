// What a server answers to one of our HTTP clients: whole and cut, kept and streamed.
#include <string>

#include "common/http/response_parser.h"
#include "tests/fuzz/fuzz.h"

using tamada::fuzz::expect;
using namespace tamada;
using namespace tamada::http;

namespace {

constexpr MessageLimits limits{.max_header = 512, .max_body = 256, .max_fields = 16};

struct Outcome {
  Progress progress;
  int status = 0;
  std::string body;
  std::string fault;
};

Outcome parse(std::string_view bytes, std::size_t piece, ResponseParser::Expectation expectation) {
  ResponseParser parser(limits, expectation);
  Outcome outcome{};
  while (!bytes.empty() && parser.progress() == Progress::need_more) {
    const std::string_view part = bytes.substr(0, piece);
    const std::size_t used = parser.feed(part);
    expect(used <= part.size(), "no more is consumed than was given");
    expect(used == part.size() || parser.progress() != Progress::need_more,
           "a parser that goes on takes all");
    bytes.remove_prefix(used);
    if (expectation.streaming && parser.progress() != Progress::failed) outcome.body += parser.take_body();
  }
  parser.finish();
  outcome.progress = parser.progress();
  expect(outcome.progress != Progress::need_more, "after the end there is an outcome");
  if (outcome.progress == Progress::failed) {
    outcome.fault = parser.error().message;
    expect(!outcome.fault.empty() && is_header_safe(outcome.fault), "an error is one line");
    return outcome;
  }
  if (expectation.streaming) outcome.body += parser.take_body();
  Response response = parser.take();
  outcome.status = response.status;
  if (!expectation.streaming) outcome.body = response.body;
  expect(outcome.status >= 200 && outcome.status <= 999, "a final status");
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string_view bytes = tamada::fuzz::text_of(data, size);
  for (const bool to_head : {false, true}) {
    const Outcome whole = parse(bytes, bytes.size() + 1, {.to_head = to_head});
    expect(whole.body.size() <= limits.max_body, "a body stays within its limit");
    expect(!to_head || whole.body.empty(), "HEAD has no body");
    const Outcome cut = parse(bytes, 1, {.to_head = to_head});
    expect(cut.progress == whole.progress && cut.status == whole.status && cut.body == whole.body,
           "cut or whole, the same answer");
  }
  // What fits is streamed to the same bytes.
  const Outcome whole = parse(bytes, bytes.size() + 1, {});
  const Outcome streamed = parse(bytes, 3, {.streaming = true});
  if (whole.progress == Progress::complete) {
    expect(streamed.progress == Progress::complete && streamed.body == whole.body, "streamed, the same body");
  }
  return 0;
}
