// The body of GET /cluster, from whoever answers at that address.
#include "common/patroni/cluster_members.h"
#include "tests/fuzz/fuzz.h"

using tamada::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto result = tamada::patroni::parse_cluster_members(tamada::fuzz::text_of(data, size));
  if (!result) {
    expect(result.error().message.size() < 2500, "an error stays short");
    expect(result.error().message.find('\n') == std::string::npos, "an error is one line");
    return 0;
  }
  std::size_t leaders = 0;
  for (const auto& member : result->members) {
    expect(!member.name.empty(), "a member has a name");
    leaders += member.is_leader() ? 1 : 0;
  }
  expect(leaders <= 1, "one leader at most");
  expect((result->leader() != nullptr) == (leaders == 1), "the leader is found");
  return 0;
}
