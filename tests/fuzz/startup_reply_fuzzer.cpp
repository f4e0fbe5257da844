// A server's start-up: cut at places that the input chooses, the scanner sees what it sees in one piece.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>

#include "common/postgres/startup_reply.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada;
using namespace tamada::postgres;
using tamada::fuzz::expect;
using State = StartupReplyScanner::State;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Numbers are taken from the end of the input: a seed is a plain stream with four bytes behind it.
  FuzzedDataProvider choices(data, size);
  std::size_t cuts[4];
  for (std::size_t& cut : cuts) cut = 1 + choices.ConsumeIntegral<std::uint8_t>();
  const std::string stream = choices.ConsumeRemainingBytesAsString();
  const Bytes bytes = as_bytes(stream);

  StartupReplyScanner whole;
  const std::size_t used = whole.feed(bytes);
  StartupReplyScanner pieces;
  std::size_t used_in_pieces = 0;
  std::optional<CancelRequest> early_key;
  std::size_t turn = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = std::min(cuts[turn++ % 4], bytes.size() - at);
    used_in_pieces += pieces.feed(bytes.subspan(at, length));
    if (auto key = pieces.take_key()) early_key = std::move(key);
    at += length;
  }

  expect(used == used_in_pieces, "the same bytes belong to start-up");
  expect(used == bytes.size() || whole.finished(), "it stops only when it is finished");
  expect(whole.state() == pieces.state(), "the same state");
  expect(whole.authenticated() == pieces.authenticated(), "the same authentication");
  expect(whole.server_talked() == pieces.server_talked(), "the same talk");
  expect(whole.version_negotiated() == pieces.version_negotiated(), "the same negotiation");
  const auto key = whole.take_key();
  expect(key == early_key, "the same key");
  if (key)
    expect(key->key.size() >= cancel_key_min && key->key.size() <= cancel_key_max, "a key of a valid size");
  if (whole.state() == State::ready) expect(whole.authenticated(), "ready only when authenticated");
  if (whole.state() == State::garbage) expect(whole.problem() == pieces.problem(), "the same problem");
  if (whole.state() != State::error) return 0;
  expect(whole.error() == pieces.error(), "the same error");
  // Where the error came first and whole, the parser of single errors says the same.
  const auto parsed = parse_error_response(bytes.first(used));
  const auto* error = std::get_if<ErrorResponse>(&parsed);
  if (!whole.server_talked() && used < StartupReplyScanner::error_kept && error != nullptr) {
    expect(*error == whole.error(), "both parsers agree");
  }
  return 0;
}
