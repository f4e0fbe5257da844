// Certificates and keys that change, or cannot be used.
#include "tests/loop/common/http/http_tls_fixture.h"

using namespace tamada;
using namespace tamada::http;

TEST_CASE_METHOD(Secure, "new files are used by the next connection, broken ones are not", "[http][tls]") {
  serve();
  TlsContext tls(trusting());
  CHECK(ask(tls, "pg1").value().status == 200);
  certificates.make("next", "DNS:pg2");
  std::filesystem::rename(certificates.key("next"), certificates.key("pg1"));
  // Between the two steps key and certificate do not fit: the old ones go on.
  CHECK(ask(tls, "pg1").value().status == 200);
  CHECK(server_tls->problem() == "the key " + certificates.key("pg1") +
                                     " does not belong to the certificate " + certificates.pem("pg1"));
  std::filesystem::rename(certificates.pem("next"), certificates.pem("pg1"));
  CHECK_FALSE(ask(tls, "pg1"));
  CHECK(ask(tls, "pg2").value().status == 200);
  CHECK(server_tls->problem().empty());
}

TEST_CASE_METHOD(Secure, "new files can be read aside, and the old ones are used until they are there",
                 "[http][tls]") {
  serve();
  TlsContext tls(trusting());
  std::function<void()> job;
  std::function<void()> then;
  tls.read_aside([&](std::function<void()> its_job, std::function<void()> its_then) {
    job = std::move(its_job);
    then = std::move(its_then);
  });
  CHECK(ask(tls, "pg1").value().status == 200);
  CHECK_FALSE(job);  // the first reading is done at once
  std::ofstream(certificates.pem("ca"), std::ios::app) << "\n";
  CHECK(ask(tls, "pg1").value().status == 200);
  REQUIRE(job);
  job();
  then();
  CHECK(tls.problem().empty());
  std::ofstream(certificates.pem("ca")) << "broken";
  job = {};
  CHECK(ask(tls, "pg1").value().status == 200);
  REQUIRE(job);
  job();
  then();
  CHECK(tls.problem().find("holds no PEM") != std::string::npos);
  CHECK(ask(tls, "pg1").value().status == 200);
}

TEST_CASE_METHOD(Secure, "files that cannot be used are named", "[http][tls]") {
  const auto words = [](TlsClientOptions options) {
    auto loaded = TlsContext(std::move(options)).load();
    return loaded ? "(loaded)" : loaded.error().message;
  };
  TlsClientOptions options;
  options.ca_file = certificates.pem("none");
  CHECK(words(options) ==
        "cannot read the authority " + certificates.pem("none") + ": No such file or directory");
  std::ofstream(certificates.pem("junk")) << "no certificate\n";
  options.ca_file = certificates.pem("junk");
  CHECK(words(options) == "the authority " + certificates.pem("junk") +
                              " holds no PEM; expected a certificate as PEM (no certificate or crl found)");
  options.ca_file = certificates.key("ca");
  CHECK(words(options) ==
        "the authority " + certificates.key("ca") +
            " holds PRIVATE KEY; expected a certificate as PEM (no certificate or crl found)");
  std::ofstream(certificates.pem("empty")) << "";
  options.ca_file = certificates.pem("empty");
  CHECK(words(options) ==
        "the authority " + certificates.pem("empty") + " is empty; expected a certificate as PEM");
  options.ca_file = certificates.pem("ca");
  options.certificate_file = certificates.pem("pg1");
  CHECK(words(options) == "a client certificate needs both, certificate and key");
  options.key_file = certificates.key("ca");
  const std::string belongs = " does not belong to the certificate " + certificates.pem("pg1");
  CHECK(words(options) == "the key " + certificates.key("ca") + belongs);
  certificates.run("openssl genrsa -out rsa.key 2048");
  options.key_file = certificates.key("rsa");
  CHECK(words(options) == "the key " + certificates.key("rsa") + belongs);
  options.key_file = certificates.pem("pg1");
  CHECK(words(options).find("the key " + certificates.pem("pg1") +
                            " holds CERTIFICATE; expected a private key as PEM") == 0);
  options.key_file = certificates.key("none");
  CHECK(words(options).find("cannot read the key " + certificates.key("none") + ": No such file") == 0);
  certificates.run("openssl ec -in " + certificates.key("pg1") +
                   " -aes256 -passout pass:secret -out locked.key");
  options.key_file = certificates.key("locked");
  CHECK(words(options) == "the key " + certificates.key("locked") +
                              " is encrypted; nobody is there to be asked for its passphrase, so remove it: "
                              "openssl pkey -in " +
                              certificates.key("locked") + " -out NEW_FILE");

  // A request with them fails, in a later turn, without a connection.
  options.key_file.clear();
  TlsContext tls(options);
  const auto answer = ask(tls, "pg1", "", loop::loopback(1));
  CHECK(answer.error().error.message ==
        "POST / from https://pg1 (127.0.0.1:1): a client certificate needs both, certificate and key");
}

TEST_CASE_METHOD(Secure, "a server opens its key with the password that it was given", "[http][tls]") {
  certificates.run("openssl ec -in " + certificates.key("pg1") +
                   " -aes256 -passout pass:secret -out locked.key");
  TlsServerOptions options;
  options.certificate_file = certificates.pem("pg1");
  options.key_file = certificates.key("locked");
  options.key_password = "wrong";
  CHECK(TlsContext(options).load().error().message ==
        "the password that was given does not open the key " + certificates.key("locked"));
  options.key_password = "secret";
  serve(options);
  TlsContext tls(trusting());
  CHECK(ask(tls, "pg1", "x")->body == "hello x");
}

TEST_CASE_METHOD(Secure, "a server takes a list of ciphers, and tells of one that it does not know",
                 "[http][tls]") {
  TlsServerOptions options;
  options.certificate_file = certificates.pem("pg1");
  options.key_file = certificates.key("pg1");
  options.ciphers = "NO-SUCH-CIPHER";
  CHECK(TlsContext(options).load().error().message.find("\"NO-SUCH-CIPHER\" names no cipher") == 0);
  options.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
  serve(options);
  TlsContext tls(trusting());
  CHECK(ask(tls, "pg1", "x")->body == "hello x");
}

TEST_CASE_METHOD(Secure,
                 "a handshake is the same however its bytes are cut, and asks for a name, not an address",
                 "[http][tls]") {
  TlsServerOptions server_options;
  server_options.certificate_file = certificates.pem("pg1");
  server_options.key_file = certificates.key("pg1");
  TlsContext ours(trusting());
  TlsContext theirs(server_options);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
    INFO("pieces of " << piece);
    const auto client = ours.new_session("pg1").value();
    const auto answering = theirs.new_session("").value();
    client->write("early ");  // waits for the handshake
    client->start();
    REQUIRE(talk(*client, *answering, piece));
    REQUIRE(client->handshake_done());
    client->write("words");
    client->close();
    REQUIRE(talk(*client, *answering, piece));
    CHECK(answering->take_plain() == "early words");
    CHECK(answering->peer_closed());
  }
  const auto named = ours.new_session("pg1.example").value();
  named->start();
  CHECK(named->take_cipher().find("pg1.example") != std::string::npos);
  const auto numbered = ours.new_session("127.0.0.1").value();
  numbered->start();
  CHECK(numbered->take_cipher().find("127.0.0.1") == std::string::npos);
}
