#include "common/etcd/fleet.h"

#include <fmt/format.h>

#include <cassert>
#include <random>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::etcd {

std::string Member::words() const {
  return fmt::format("{}://{}", url.tls ? "https" : "http", url.authority());
}

Fleet::Fleet(loop::Loop& loop, loop::Resolver& resolver, ClientOptions options)
    : loop_(loop), resolver_(resolver), options_(std::move(options)), seed_(std::random_device()()) {
  assert(!options_.endpoints.empty());
  for (const http::Url& url : options_.endpoints) members_.push_back({url, {}, {}, false, {}});
}

Result<void> Fleet::check(const ResponseHeader& header, const Member& member) {
  if (terms_.accept(header, loop::boot_now())) return {};
  return fail(
      ErrorKind::unavailable,
      fmt::format(
          "etcd member {} shows raft term {}, but term {} was seen: it has been left behind by the others",
          member.words(), header.raft_term, terms_.term()));
}

}  // namespace tamada::etcd
