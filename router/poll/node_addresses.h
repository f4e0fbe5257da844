// NodeAddresses: where one node is reached: its REST API, and its PostgreSQL. Pure.
//
// Where both share a host name, sessions go to the address that answered the last poll, so that a name with
// several addresses never splits a node in two; before the first answer, to the one that is being polled.
// Where PostgreSQL takes no connections there and does at another address of the name, they go to that one,
// for as long as the polls are answered where they were.
//
// When it cannot know whether another address of the name is the same machine, it is not to be used before
// the REST API there has shown the same server (PostgresPlace::vouched). Only 127.0.0.1 and ::1 are one
// machine for sure.
//
// Where the names differ, PostgreSQL's own name is followed as the resolver tells, and an address that works
// is preferred: the REST API, elsewhere, vouches for no address of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"
#include "common/net/address_choice.h"
#include "router/config/router_config.h"

namespace tamada::router {

// Where a node's PostgreSQL may be.
struct PostgresPlace {
  Address address;
  bool vouched = true;  // false: first the REST API of that address must show that it is the same server
  bool operator==(const PostgresPlace&) const = default;
};

class NodeAddresses {
 public:
  explicit NodeAddresses(const NodeConfig& node);

  // The resolver's newest answer for `host`, which may be either's, both's or nobody's.
  void resolved(const std::string& host, const std::vector<Address>& addresses);

  // Not set while the name is unknown.
  [[nodiscard]] Address api() const { return api_.current(); }
  [[nodiscard]] Address postgres() const;
  [[nodiscard]] std::size_t api_count() const { return api_.count(); }
  // postgres(), then the others, each once. Empty while the name is unknown.
  [[nodiscard]] std::vector<PostgresPlace> postgres_places() const;

  // What became of a request to the REST API at `address`; `who` as in AddressChoice. True: somebody else
  // than before answered.
  bool api_answered(const Address& address, std::string_view who);
  void api_failed(const Address& address);
  // PostgreSQL takes connections at `address`, one of postgres_places().
  void postgres_answered(const Address& address);

 private:
  [[nodiscard]] bool share_host() const { return postgres_host_ == api_host_; }
  // Of the REST API: what sessions follow.
  [[nodiscard]] Address base() const;

  const std::string api_host_;
  const std::string postgres_host_;
  const std::uint16_t postgres_port_;
  AddressChoice api_;
  AddressChoice own_;    // PostgreSQL's, where its host differs
  Address answered_at_;  // of the REST API; not set: never
  // Where they share the host: PostgreSQL is here while the REST API answers there. Not set: at one address.
  Address beside_;
  Address beside_of_;
};

}  // namespace tamada::router
