#include "agent/peers/peer_tls.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::agent;

TEST_CASE("without a client certificate any certificate is taken", "[agent][peer_tls]") {
  RestApiConfig restapi;
  restapi.certfile = "/rest.crt";  // of the server; no client's
  restapi.cafile = "/ca.crt";
  CtlConfig ctl;
  ctl.cacert = "/ctl-ca.crt";
  const http::TlsClientOptions options = peer_tls_options(ctl, restapi);
  CHECK_FALSE(options.verify);
  CHECK(options.certificate_file.empty());
  CHECK(options.key_file.empty());
}

TEST_CASE("with a client certificate the chain is checked, and no name", "[agent][peer_tls]") {
  RestApiConfig restapi;
  restapi.cafile = "/ca.crt";
  CtlConfig ctl;
  ctl.certfile = "/ctl.pem";
  ctl.keyfile_password = "secret";
  http::TlsClientOptions options = peer_tls_options(ctl, restapi);
  CHECK(options.verify);
  CHECK_FALSE(options.check_name);
  CHECK(options.ca_file == "/ca.crt");
  CHECK(options.key_file == "/ctl.pem");
  CHECK(options.key_password == "secret");
  ctl.cacert = "/ctl-ca.crt";
  ctl.keyfile = "/ctl.key";
  options = peer_tls_options(ctl, restapi);
  CHECK(options.ca_file == "/ctl-ca.crt");
  CHECK(options.key_file == "/ctl.key");
}

TEST_CASE("members are asked as ctl's user, else as the REST API's", "[agent][peer_tls]") {
  RestApiConfig restapi;
  restapi.authentication = {"rest", "a"};
  CtlConfig ctl;
  CHECK(peer_user(ctl, restapi).username == "rest");
  ctl.authentication = {"ctl", "b"};
  CHECK(peer_user(ctl, restapi).username == "ctl");
}
