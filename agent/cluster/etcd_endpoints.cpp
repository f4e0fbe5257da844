#include "agent/cluster/etcd_endpoints.h"

#include <algorithm>
#include <utility>

namespace tamada::agent {
namespace {

// More than any etcd cluster has.
constexpr std::size_t members_max = 32;

void add_once(std::vector<http::Url>& urls, const http::Url& url) {
  if (std::find(urls.begin(), urls.end(), url) == urls.end()) urls.push_back(url);
}

}  // namespace

std::vector<http::Url> merge_endpoints(const std::vector<http::Url>& configured,
                                       const std::vector<etcd::ClusterMember>& members) {
  std::vector<http::Url> urls;
  for (const etcd::ClusterMember& member : members) {
    if (member.is_learner) continue;
    for (const std::string& text : member.client_urls) {
      const auto url = http::Url::parse(text);
      if (url && urls.size() < members_max) add_once(urls, *url);
    }
  }
  for (const http::Url& url : configured) add_once(urls, url);
  return urls;
}

EtcdEndpoints::EtcdEndpoints(loop::Loop& loop, etcd::Client& client, std::vector<http::Url> configured,
                             Duration every, Duration retry)
    : client_(client),
      configured_(std::move(configured)),
      every_(every),
      retry_(retry),
      used_(configured_),
      timer_(loop, [this] { refresh(); }) {
  refresh();
}

void EtcdEndpoints::refresh() {
  if (call_) return;
  timer_.stop();
  call_ = client_.member_list([this](const etcd::Outcome<etcd::MemberListReply>& outcome) {
    const etcd::CallPtr over = std::move(call_);
    on_members(outcome);
  });
}

void EtcdEndpoints::on_members(const etcd::Outcome<etcd::MemberListReply>& outcome) {
  // A member whose addresses nobody knows yet is about to start.
  const bool is_whole =
      outcome && std::none_of(outcome->members.begin(), outcome->members.end(),
                              [](const etcd::ClusterMember& member) { return member.client_urls.empty(); });
  timer_.start(is_whole ? every_ : retry_);
  if (!outcome) return;
  auto urls = merge_endpoints(configured_, outcome->members);
  if (urls == used_) return;
  used_ = std::move(urls);
  client_.set_endpoints(used_);
}

}  // namespace tamada::agent
