#include "router/poll/node_addresses.h"

#include <algorithm>

namespace tamada::router {
namespace {

bool is_this_machine(const Address& address) {
  return address.ip() == "127.0.0.1" || address.ip() == "::1";
}

}  // namespace

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

Address NodeAddresses::base() const {
  return answered_at_.is_set() ? answered_at_ : api_.current();
}

Address NodeAddresses::postgres() const {
  if (!share_host()) return own_.current();
  const Address at = base();
  if (beside_.is_set() && at.same_ip(beside_of_)) return beside_;
  return at.is_set() ? at.with_port(postgres_port_) : Address{};
}

std::vector<PostgresPlace> NodeAddresses::postgres_places() const {
  std::vector<PostgresPlace> places;
  const auto add = [&](const Address& address, bool vouched) {
    const bool known = std::any_of(places.begin(), places.end(), [&](const PostgresPlace& place) {
      return place.address.same_ip(address);
    });
    if (address.is_set() && !known) places.push_back({address.with_port(postgres_port_), vouched});
  };
  add(postgres(), true);  // sessions are there
  if (!share_host()) {
    for (const Address& address : own_.listed()) add(address, true);
    return places;
  }
  const Address at = base();
  add(at, true);
  for (const Address& address : api_.listed()) {
    add(address, is_this_machine(at) && is_this_machine(address));
  }
  return places;
}

bool NodeAddresses::api_answered(const Address& address, std::string_view who) {
  answered_at_ = address;
  return api_.answered(address, who);
}

void NodeAddresses::api_failed(const Address& address) {
  api_.failed(address);
}

void NodeAddresses::postgres_answered(const Address& address) {
  if (!share_host()) return own_.choose(address);
  beside_of_ = base();
  beside_ = address.same_ip(beside_of_) ? Address{} : address;
}

}  // namespace tamada::router
