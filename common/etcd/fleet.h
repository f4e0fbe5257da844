// Fleet: what all calls and watches of one Client share: its members (end points) with what was learned of
// each, and which one answered last. Internal to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/etcd/client.h"
#include "common/etcd/term_guard.h"
#include "common/http/target.h"

namespace tamada::etcd {

// One end point. A value that calls read and fill in.
struct Member {
  http::Url url;
  std::string prefix;     // of the gateway; empty: not known yet
  std::string token;      // from its login; empty: none yet
  bool auth_off = false;  // it said that it wants no login
  Address address;        // that answered last; not set: none

  // "http://etcd1:2379"
  [[nodiscard]] std::string words() const;
};

class Fleet {
 public:
  Fleet(loop::Loop& loop, loop::Resolver& resolver, ClientOptions options);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  // Members live as long as the fleet, also when they are no end points any more.
  [[nodiscard]] Member& member(std::size_t index) { return *members_[index % members_.size()]; }
  // The one that answered last: where new calls begin.
  [[nodiscard]] std::size_t preferred() const { return preferred_; }
  void prefer(const Member& member);
  // For all attempts from now on; at least one, each once. What is known of a member that stays is kept.
  void set_endpoints(const std::vector<http::Url>& endpoints);

  // Folds in the header of any answer; an error of kind unavailable if the member has been left behind.
  Result<void> check(const ResponseHeader& header, const Member& member);

  [[nodiscard]] loop::Loop& loop() const { return loop_; }
  [[nodiscard]] loop::Resolver& resolver() const { return resolver_; }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  // Never null. A login keeps those that it began with: others mean that its token is not wanted any more.
  [[nodiscard]] std::shared_ptr<const Credentials> credentials() const { return credentials_; }
  // Forgets what the members have said about the former ones.
  void set_credentials(Credentials credentials);
  // Which etcd answers: of the last header that was not left behind; 0: none yet.
  [[nodiscard]] std::uint64_t cluster_id() const { return terms_.cluster_id(); }
  [[nodiscard]] std::uint32_t random_seed() { return ++seed_; }

 private:
  loop::Loop& loop_;
  loop::Resolver& resolver_;
  const ClientOptions options_;
  std::shared_ptr<const Credentials> credentials_;
  std::vector<std::unique_ptr<Member>> known_;  // every one that there ever was
  std::vector<Member*> members_;                // those of them that are asked
  std::size_t preferred_ = 0;
  TermGuard terms_;
  std::uint32_t seed_;
};

}  // namespace tamada::etcd
