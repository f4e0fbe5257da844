#include "router/shell/leader_key_watch.h"

#include <catch2/catch.hpp>

namespace tamada::router {
namespace {

TEST_CASE("an etcd host is a URL, or a name and perhaps a port", "[leader_key_watch]") {
  CHECK(etcd_url("etcd1", false)->to_string() == "http://etcd1:2379/");
  CHECK(etcd_url("etcd1:1234", true)->to_string() == "https://etcd1:1234/");
  CHECK(etcd_url("[::1]:2379", false)->authority() == "[::1]:2379");
  CHECK(etcd_url("https://etcd1:2379", false)->tls);
  CHECK_FALSE(etcd_url("", false));
  CHECK_FALSE(etcd_url("ftp://etcd1", false));
}

TEST_CASE("the leader key lies where Patroni puts it", "[leader_key_watch]") {
  CHECK(leader_key_path("/service", "patroni") == "/service/patroni/leader");
  CHECK(leader_key_path("service/", "patroni") == "/service/patroni/leader");
  CHECK(leader_key_path("//a//b/", "c") == "/a/b/c/leader");
  CHECK(leader_key_path("", "c") == "/c/leader");
  CHECK(failover_key_path("service/", "patroni") == "/service/patroni/failover");
}

}  // namespace
}  // namespace tamada::router
