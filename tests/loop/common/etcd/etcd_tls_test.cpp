// Against a real etcd that speaks TLS.
#include "common/etcd/watch.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/loop/common/etcd/etcd_process.h"
#include "tests/loop/common/http/http_certificates.h"

using namespace tamada;
using namespace tamada::etcd;

TEST_CASE_METHOD(EtcdFixture, "etcd with TLS and client certificates is used and watched", "[etcd][tls]") {
  http::Certificates certificates;
  certificates.make("etcd", "DNS:localhost,IP:127.0.0.1");
  certificates.make("router", "DNS:router");
  EtcdProcess etcd(
      EtcdProcess::Tls{certificates.pem("etcd"), certificates.key("etcd"), certificates.pem("ca")});

  http::TlsClientOptions tls_options;
  tls_options.ca_file = certificates.pem("ca");
  tls_options.certificate_file = certificates.pem("router");
  tls_options.key_file = certificates.key("router");
  http::TlsContext tls(tls_options);
  ClientOptions options;
  options.deadline = 20s;
  options.tls = &tls;
  const auto client = client_of({etcd.url()}, options);
  REQUIRE(put(*client, "/s/leader", "a"));
  WatchLog log;
  WatchOptions watch_options;
  watch_options.heartbeat = 60s;
  const Watch watch(*client, "/s/leader", watch_options, log);
  REQUIRE(run_until([&] { return log.last() == "/s/leader=a"; }));
  REQUIRE(put(*client, "/s/leader", "b"));
  REQUIRE(run_until([&] { return log.last() == "/s/leader=b"; }));

  tls_options.certificate_file.clear();
  tls_options.key_file.clear();
  http::TlsContext anonymous(tls_options);
  options.tls = &anonymous;
  options.deadline = 1s;
  const auto stranger = client_of({etcd.url()}, options);
  const Error error = range(*stranger, "/s/leader").error().error;
  CHECK(error.kind == ErrorKind::denied);
}
