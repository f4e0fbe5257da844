// NodeAddresses: where one node is reached: its REST API, and its PostgreSQL. Pure.
//
// Where both share a host name, sessions go to the address that answered the last poll, so that a name with
// several addresses never splits a node in two; before the first answer, to the one that is being polled.
// Where the names differ, PostgreSQL's own name is followed as the resolver tells: the REST API, elsewhere,
// vouches for no address of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/address.h"
#include "router/config/router_config.h"
#include "router/shell/address_choice.h"

namespace tamada::router {

class NodeAddresses {
 public:
  explicit NodeAddresses(const NodeConfig& node);

  // The resolver's newest answer for `host`, which may be either's, both's or nobody's.
  void resolved(const std::string& host, const std::vector<Address>& addresses);

  // Not set while the name is unknown.
  [[nodiscard]] Address api() const { return api_.current(); }
  [[nodiscard]] Address postgres() const;
  [[nodiscard]] std::size_t api_count() const { return api_.count(); }

  // What became of a request to the REST API at `address`; `who` as in AddressChoice.
  void api_answered(const Address& address, std::string_view who);
  void api_failed(const Address& address);
  // A session or a probe could not be connected to postgres().
  void postgres_failed();

 private:
  const std::string api_host_;
  const std::string postgres_host_;
  const std::uint16_t postgres_port_;
  AddressChoice api_;
  AddressChoice own_;    // PostgreSQL's, where its host differs
  Address answered_at_;  // of the REST API; not set: never
};

}  // namespace tamada::router
