#include "router/poll/leader_key_watch.h"

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

TEST_CASE("a value that is too long for a member's name is measured and not kept", "[leader_key_watch]") {
  const TimePoint as_of{7s};
  CHECK(leader_key("pg1", as_of).lock_holder == "pg1");
  CHECK_FALSE(leader_key(std::nullopt, as_of).lock_holder);
  CHECK(leader_key(std::nullopt, as_of).oversize == 0);
  CHECK(leader_key(std::string(255, 'x'), as_of).lock_holder);
  const LeaderKey key = leader_key(std::string(1'400'000, 'x'), as_of);
  CHECK_FALSE(key.lock_holder);
  CHECK(key.oversize == 1'400'000);
  CHECK(key.as_of == as_of);
}

}  // namespace
}  // namespace tamada::router
