// PROXY headers, both versions. Addresses that were read can be sent on and are read the same.
#include "common/base/proxy_protocol.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada;
using tamada::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = as_bytes(tamada::fuzz::text_of(data, size));
  const auto parsed =
      tamada::fuzz::expect_same_at_every_cut<Parsed<ProxyHeader>>(input, proxy_v2_max, parse_proxy_header);
  const auto* header = std::get_if<ProxyHeader>(&parsed);
  if (header == nullptr) return 0;
  expect(header->size <= size && header->size <= proxy_v2_max, "a header takes up bytes that are there");
  expect(header->source.is_set() == header->destination.is_set(), "both addresses or none");
  expect(!header->local || !header->source.is_set(), "LOCAL names nobody");
  const std::string sent_on = build_proxy_v2(header->source, header->destination);
  const auto again = parse_proxy_header(as_bytes(sent_on));
  const auto* read = std::get_if<ProxyHeader>(&again);
  expect(read != nullptr && read->size == sent_on.size(), "a built header is read whole");
  expect(read->source.is_set() == header->source.is_set(), "known stays known");
  if (!read->source.is_set()) return 0;
  expect(read->source == header->source && read->destination == header->destination, "the same addresses");
  return 0;
}
