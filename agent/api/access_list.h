// AccessList: the addresses from which the agent may be told to change something: those that the configuration lists, and
// where asked for those of the cluster's members. Host names are looked up again and again on the resolver's threads; nobody
// waits for one, and a name without an address lets nobody in.
//
// Loop thread only; Loop and Resolver must outlive it.
#pragma once

#include <string>
#include <vector>

#include "agent/api/answers/cluster_view.h"
#include "common/base/address.h"
#include "common/net/host_names.h"

namespace tamada::agent {

class AccessList {
 public:
  AccessList(loop::Loop& loop, loop::Resolver& resolver);

  // `entries`: networks (10.0.0.0/8), addresses and host names.
  void configure(const std::vector<std::string>& entries, bool include_members);
  // Those of the newest view; a view that has none is no reason to forget the former ones.
  void set_members(const std::vector<MemberView>& members);

  // `members_count`: whether the members' addresses let in for this request.
  [[nodiscard]] bool lets_in(const Address& client, bool members_count) const;

  static constexpr Duration look_up_interval = 30s;

 private:
  [[nodiscard]] bool is_host(const std::string& host, const Address& client) const;
  void keep_names();

  std::vector<Network> networks_;
  std::vector<std::string> names_;
  bool include_members_ = false;
  std::vector<std::string> urls_;          // the members' api_url as they were told last
  std::vector<std::string> member_hosts_;  // and the names or addresses in them
  HostNames host_names_;
};

}  // namespace tamada::agent
