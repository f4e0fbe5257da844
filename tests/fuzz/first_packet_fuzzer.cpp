// A client's first bytes. What is accepted can be built again, byte by byte the same.
#include "common/postgres/error_response.h"
#include "common/postgres/startup_packet.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada;
using namespace tamada::postgres;
using tamada::Error;
using tamada::fuzz::expect;

namespace {

std::string built_again(const FirstPacket& first) {
  if (const auto* cancel = first.get<CancelRequest>()) return build_cancel_request(*cancel);
  if (const auto* startup = first.get<StartupMessage>()) return build_startup_message(*startup);
  if (first.get<SslRequest>() != nullptr) return build_ssl_request();
  if (first.get<GssEncRequest>() != nullptr) return build_gss_enc_request();
  return {};  // DirectTls: nothing is taken
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = as_bytes(tamada::fuzz::text_of(data, size));
  const auto parsed = tamada::fuzz::expect_same_at_every_cut<Parsed<FirstPacket>>(input, startup_packet_max,
                                                                                  parse_first_packet);
  if (const auto* first = std::get_if<FirstPacket>(&parsed)) {
    expect(built_again(*first) == as_text(input.first(first->size)), "a packet is built as it was read");
  } else if (const auto* error = std::get_if<Error>(&parsed)) {
    expect(!error->message.empty() && printable(error->message, 1000).size() < 1000,
           "an error is a short text");
    const std::string refusal = refusal_of(input, *error);
    if (refusal.starts_with('E')) {
      expect(std::holds_alternative<ErrorResponse>(parse_error_response(as_bytes(refusal))),
             "a client can read it");
    }
  }
  return 0;
}
