#include "router/shell/node_addresses.h"

namespace tamada::router {

NodeAddresses::NodeAddresses(const NodeConfig& node)
    : api_host_(node.api.host),
      postgres_host_(node.postgres.host),
      postgres_port_(node.postgres.port),
      api_(node.api.host, node.api.port),
      own_(node.postgres.host, node.postgres.port) {}

void NodeAddresses::resolved(const std::string& host, const std::vector<Address>& addresses) {
  if (host == api_host_) api_.resolved(addresses);
  if (host == postgres_host_) own_.resolved(addresses);
}

Address NodeAddresses::postgres() const {
  if (postgres_host_ != api_host_) return own_.current();
  const Address& address = answered_at_.is_set() ? answered_at_ : api_.current();
  return address.is_set() ? address.with_port(postgres_port_) : Address{};
}

void NodeAddresses::api_answered(const Address& address, std::string_view who) {
  answered_at_ = address;
  api_.answered(address, who);
}

void NodeAddresses::api_failed(const Address& address) {
  api_.failed(address);
}

void NodeAddresses::postgres_failed() {
  if (postgres_host_ != api_host_) own_.failed(own_.current());
}

}  // namespace tamada::router
