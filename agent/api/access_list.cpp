#include "agent/api/access_list.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/http/url.h"

namespace tamada::agent {

AccessList::AccessList(loop::Loop& loop, loop::Resolver& resolver)
    : host_names_(
          loop, resolver, [](const std::string&) {}, [](const std::string&) { return false; }) {}

void AccessList::configure(const std::vector<std::string>& entries, bool include_members) {
  networks_.clear();
  names_.clear();
  include_members_ = include_members;
  for (const std::string& entry : entries) {
    if (auto network = Network::parse(entry)) {
      networks_.push_back(*std::move(network));
    } else {
      names_.push_back(entry);
    }
  }
  keep_names();
}

void AccessList::set_members(const std::vector<MemberView>& members) {
  if (members.empty()) return;
  std::vector<std::string> urls;
  urls.reserve(members.size());
  for (const MemberView& member : members) urls.push_back(member.api_url);
  if (urls == urls_) return;
  urls_ = std::move(urls);
  member_hosts_.clear();
  for (const std::string& text : urls_) {
    if (const auto url = http::Url::parse(text)) member_hosts_.push_back(url->host);
  }
  keep_names();
}

void AccessList::keep_names() {
  std::set<std::string> names(names_.begin(), names_.end());
  if (include_members_) names.insert(member_hosts_.begin(), member_hosts_.end());
  host_names_.keep(names, look_up_interval);
}

bool AccessList::is_host(const std::string& host, const Address& client) const {
  if (const auto literal = Address::from_ip(host, 0)) return literal->same_ip(client);
  const auto& addresses = host_names_.find(host);
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const Address& address) { return address.same_ip(client); });
}

bool AccessList::lets_in(const Address& client, bool members_count) const {
  const bool by_members = include_members_ && members_count;
  if (networks_.empty() && names_.empty() && !by_members) return true;
  const auto is_client = [&](const std::string& host) { return is_host(host, client); };
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& net) { return net.contains(client); }) ||
         std::any_of(names_.begin(), names_.end(), is_client) ||
         (by_members && std::any_of(member_hosts_.begin(), member_hosts_.end(), is_client));
}

}  // namespace tamada::agent
