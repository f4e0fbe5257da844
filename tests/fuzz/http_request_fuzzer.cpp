// What a client of one of our HTTP servers sends: pipelined requests, whole and cut.
#include <string>
#include <vector>

#include "common/http/request_parser.h"
#include "tests/fuzz/fuzz.h"

using tamada::fuzz::expect;
using namespace tamada;
using namespace tamada::http;

namespace {

constexpr MessageLimits limits{.max_header = 512, .max_body = 256, .max_fields = 16};

struct Outcome {
  std::vector<Request> requests;
  int refused = 0;
};

Outcome parse(std::string_view bytes, std::size_t piece) {
  Outcome outcome;
  RequestParser parser(limits);
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const std::size_t used = parser.feed(part);
      expect(used <= part.size(), "no more is consumed than was given");
      if (parser.progress() == Progress::failed) {
        expect(!parser.fault_words().empty(), "a refusal has its reason");
        expect(is_header_safe(parser.fault_words()), "a reason is one line");
        outcome.refused = parser.fault_status();
        return outcome;
      }
      expect(used > 0, "a parser that goes on consumes");
      part.remove_prefix(used);
      if (parser.progress() == Progress::complete) outcome.requests.push_back(parser.take());
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string_view bytes = tamada::fuzz::text_of(data, size);
  const Outcome whole = parse(bytes, bytes.size() + 1);
  for (const Request& request : whole.requests) {
    expect(request.body.size() <= limits.max_body, "a body stays within its limit");
    expect(request.headers.size() <= limits.max_fields, "the fields stay within their limit");
    expect(request.headers.count("Host") <= 1, "one host at most");
    expect(!(request.headers.has("Content-Length") && request.headers.has("Transfer-Encoding")),
           "one way to tell the length");
    for (const Header& field : request.headers) {
      expect(field.value.find('\n') == std::string::npos && field.value.find('\r') == std::string::npos,
             "a value is one line");
    }
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}}) {
    const Outcome cut = parse(bytes, piece);
    expect(cut.refused == whole.refused, "cut or whole, it is refused alike");
    expect(cut.requests.size() == whole.requests.size(), "cut or whole, as many requests");
    for (std::size_t i = 0; i < cut.requests.size(); ++i) {
      expect(cut.requests[i].path == whole.requests[i].path &&
                 cut.requests[i].body == whole.requests[i].body &&
                 cut.requests[i].headers == whole.requests[i].headers,
             "cut or whole, the same request");
    }
  }
  return 0;
}
