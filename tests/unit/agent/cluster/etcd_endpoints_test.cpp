#include "agent/cluster/etcd_endpoints.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::agent;

namespace {

http::Url url(const std::string& text) {
  return http::Url::parse(text).value();
}

etcd::ClusterMember member(std::vector<std::string> urls, bool is_learner = false) {
  return {1, "n", {}, std::move(urls), is_learner};
}

}  // namespace

TEST_CASE("what etcd's members advertise comes before what is configured", "[etcd_endpoints]") {
  const std::vector<http::Url> configured{url("http://lb:2379"), url("http://a:2379")};
  const auto merged =
      merge_endpoints(configured, {member({"http://a:2379", "http://a2:2379"}), member({"https://b:2379"})});
  CHECK(merged == std::vector<http::Url>{url("http://a:2379"), url("http://a2:2379"), url("https://b:2379"),
                                         url("http://lb:2379")});
}

TEST_CASE("learners, members that have not started and what is no URL are left out", "[etcd_endpoints]") {
  const std::vector<http::Url> configured{url("http://a:2379")};
  CHECK(merge_endpoints(configured, {}) == configured);
  CHECK(merge_endpoints(configured, {member({"http://b:2379"}, true), member({}),
                                     member({"unix:///run/etcd", "b:2379", ""})}) == configured);
  std::vector<etcd::ClusterMember> many(200, member({}));
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i].client_urls = {"http://n" + std::to_string(i) + ":2379"};
  const auto first_ones = merge_endpoints(configured, many);
  CHECK(first_ones.size() == 33);
  CHECK(first_ones.back() == configured.front());
}
