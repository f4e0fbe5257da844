// resolve_endpoints(): the ways in which people write where etcd is.
#include "agent/config/etcd_config.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::agent;

namespace {

using Endpoints = std::vector<std::string>;

EtcdConfig resolved(EtcdAddresses written) {
  EtcdConfig etcd;
  etcd.written = std::move(written);
  const auto done = resolve_endpoints(etcd);
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
  return etcd;
}

EtcdAddresses with_hosts(Endpoints hosts) {
  EtcdAddresses written;
  written.hosts = std::move(hosts);
  return written;
}

}  // namespace

TEST_CASE("hosts have a port and a protocol, or those that are given for all", "[etcd_config]") {
  CHECK(resolved(with_hosts({"e1", "e2:1", "[::1]:2", "10.0.0.1"})).endpoints ==
        Endpoints{"http://e1:2379", "http://e2:1", "http://[::1]:2", "http://10.0.0.1:2379"});
  EtcdAddresses https = with_hosts({"e1"});
  https.protocol = "https";
  https.port = 7;
  CHECK(resolved(https).endpoints == Endpoints{"https://e1:7"});
  CHECK(resolved(with_hosts({"https://e1:1"})).endpoints == Endpoints{"https://e1:1"});
}

TEST_CASE("a single host is a list of one, and hosts count before it", "[etcd_config]") {
  EtcdAddresses written;
  written.host = "e1:1";
  CHECK(resolved(written).endpoints == Endpoints{"http://e1:1"});
  written.hosts = {"e2:2"};
  CHECK(resolved(written).endpoints == Endpoints{"http://e2:2"});
}

TEST_CASE("a URL holds protocol, host, port, user and password", "[etcd_config]") {
  EtcdAddresses written;
  written.url = "https://root:p%40ss:x@e1:1/ignored";
  const EtcdConfig etcd = resolved(written);
  CHECK(etcd.endpoints == Endpoints{"https://e1:1"});
  CHECK(etcd.username == "root");
  CHECK(etcd.password == "p@ss:x");
  CHECK_FALSE(etcd.use_proxies);
}

TEST_CASE("a proxy is asked alone", "[etcd_config]") {
  EtcdAddresses written;
  written.url = "http://e1:1";
  written.proxy = "http://p:2";
  const EtcdConfig etcd = resolved(written);
  CHECK(etcd.endpoints == Endpoints{"http://p:2"});
  CHECK(etcd.use_proxies);
}

TEST_CASE("addresses that cannot be are refused", "[etcd_config]") {
  for (const char* url : {"e1:2379", "ftp://e1", "http://e1:99999", "http://"}) {
    EtcdConfig etcd;
    etcd.written.url = url;
    INFO(url);
    CHECK_FALSE(resolve_endpoints(etcd));
  }
  EtcdConfig etcd;
  etcd.written.hosts = {"e1:x"};
  CHECK_FALSE(resolve_endpoints(etcd));
}
