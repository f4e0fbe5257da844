#include "common/etcd/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <random>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::etcd {

std::string Member::words() const {
  return fmt::format("{}://{}", url.tls ? "https" : "http", url.authority());
}

Fleet::Fleet(loop::Loop& loop, loop::Resolver& resolver, ClientOptions options)
    : loop_(loop),
      resolver_(resolver),
      options_(std::move(options)),
      credentials_(std::make_shared<const Credentials>(options_.credentials)),
      seed_(std::random_device()()) {
  assert(!options_.endpoints.empty());
  set_endpoints(options_.endpoints);
}

void Fleet::set_endpoints(const std::vector<http::Url>& endpoints) {
  assert(!endpoints.empty());
  const Member* const answered = members_.empty() ? nullptr : &member(preferred_);
  members_.clear();
  for (const http::Url& url : endpoints) {
    auto found = std::find_if(known_.begin(), known_.end(), [&](const auto& one) { return one->url == url; });
    if (found == known_.end()) {
      known_.push_back(std::make_unique<Member>(Member{url, {}, {}, false, {}}));
      found = known_.end() - 1;
    }
    members_.push_back(found->get());
  }
  preferred_ = 0;
  if (answered != nullptr) prefer(*answered);
}

void Fleet::prefer(const Member& member) {
  const auto found = std::find(members_.begin(), members_.end(), &member);
  if (found != members_.end()) preferred_ = static_cast<std::size_t>(found - members_.begin());
}

void Fleet::set_credentials(Credentials credentials) {
  credentials_ = std::make_shared<const Credentials>(std::move(credentials));
  for (const auto& member : known_) {
    member->token.clear();
    member->auth_off = false;
  }
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
