#include "tests/loop/common/http/http_tls_fixture.h"

using namespace tamada;
using namespace tamada::http;

TEST_CASE_METHOD(Secure, "a server is trusted by its authority and name, or by its address", "[http][tls]") {
  serve();
  TlsContext tls(trusting());
  CHECK(ask(tls, "pg1", "x").value().body == "hello x");
  CHECK(ask(tls, "pg1.example").value().status == 200);
  CHECK(ask(tls, "127.0.0.1").value().status == 200);
  CHECK(subject.empty());
  CHECK(certificate == PeerCertificate::not_shown);
  TlsClientOptions renamed = trusting();
  renamed.server_name = "pg1";
  TlsContext by_setting(renamed);
  CHECK(ask(by_setting, "some-alias").value().status == 200);
}

TEST_CASE_METHOD(Secure, "a certificate for somebody else is told plainly", "[http][tls]") {
  serve();
  CHECK(complaint(trusting(), "pg2", ErrorKind::denied) ==
        "its certificate is for pg1, pg1.example, 127.0.0.1, not for pg2");
  CHECK(complaint(trusting(), "127.0.0.2", ErrorKind::denied) ==
        "its certificate is for pg1, pg1.example, 127.0.0.1, not for 127.0.0.2");
}

TEST_CASE_METHOD(Secure, "an authority that is not trusted is told plainly", "[http][tls]") {
  serve();
  certificates.make_authority("other");
  TlsClientOptions other;
  other.ca_file = certificates.pem("other");
  CHECK(complaint(other, "pg1", ErrorKind::denied) ==
        "its certificate is refused: unable to get local issuer certificate");
  CHECK(complaint({}, "pg1", ErrorKind::denied) ==
        "its certificate is refused: unable to get local issuer certificate");
  TlsClientOptions careless;
  careless.verify = false;
  TlsContext tls(careless);
  CHECK(ask(tls, "pg2").value().status == 200);
}

TEST_CASE_METHOD(Secure, "a client certificate that is wanted is shown, and missed plainly", "[http][tls]") {
  certificates.make("admin", "DNS:admin");
  certificates.make_authority("other");
  certificates.make("stranger", "DNS:stranger", "other");
  TlsServerOptions strict;
  strict.client_ca_file = certificates.pem("ca");
  serve(strict);
  TlsClientOptions options = trusting();
  CHECK(complaint(options, "pg1", ErrorKind::denied).find("the peer wants a certificate of ours") == 0);
  options.certificate_file = certificates.pem("admin");
  options.key_file = certificates.key("admin");
  TlsContext tls(options);
  CHECK(ask(tls, "pg1").value().status == 200);
  CHECK(subject == "CN=admin");
  CHECK(certificate == PeerCertificate::verified);
  options.certificate_file = certificates.pem("stranger");
  options.key_file = certificates.key("stranger");
  // Who is not let in may also find the connection reset before the reason has been read.
  TlsContext foreign(options);
  const auto refused = ask(foreign, "pg1");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().error.kind == ErrorKind::denied);
}

// A server that asks for a certificate, lets everybody finish the handshake, and closes without a word to who
// has shown none: as servers with TLS 1.3 look from outside that judge after the handshake.
struct ClosingServer final : loop::AcceptCallbacks, loop::StreamCallbacks {
  ClosingServer(loop::Loop& its_loop, TlsContext& its_tls)
      : loop(its_loop), tls(its_tls), listener(loop, *this) {
    REQUIRE(listener.bind(loop::loopback()));
  }
  void on_accept(UniqueFd socket, const Address& peer) override {
    channel = std::make_unique<Channel>(loop, *this);
    channel->adopt(std::move(socket), peer, tls.new_session("").value());
  }
  void on_connected(Result<void>) override { channel->finish(2s); }
  void on_bytes(std::span<const std::byte>) override {}
  void on_end() override {}
  void on_drained() override {}
  void on_closed(const Error&) override {}

  loop::Loop& loop;
  TlsContext& tls;
  loop::TcpListener listener;
  std::unique_ptr<Channel> channel;
};

TEST_CASE_METHOD(Secure, "a server that asks for a certificate and closes may want one", "[http][tls]") {
  certificates.make("admin", "DNS:admin");
  TlsServerOptions options;
  options.certificate_file = certificates.pem("pg1");
  options.key_file = certificates.key("pg1");
  TlsContext asks_nobody(options);
  options.client_ca_file = certificates.pem("ca");
  options.require_client_certificate = false;
  TlsContext asks(options);

  const std::string hint = "; it may want a client certificate (cluster.api_tls.cert_file)";
  TlsClientOptions client = trusting();
  client.certificate_setting = "cluster.api_tls.cert_file";
  TlsContext without(client);
  ClosingServer closing(loop, asks);
  const Error error = ask(without, "pg1", "", closing.listener.address()).error().error;
  CHECK(error.kind == ErrorKind::closed);
  CHECK(error.message.find("without an answer" + hint) != std::string::npos);

  // Who shows one, or is not asked for one, is told nothing of certificates.
  client.certificate_file = certificates.pem("admin");
  client.key_file = certificates.key("admin");
  TlsContext with(client);
  CHECK(ask(with, "pg1", "", closing.listener.address()).error().error.message.find(hint) ==
        std::string::npos);
  ClosingServer plain(loop, asks_nobody);
  CHECK(ask(without, "pg1", "", plain.listener.address()).error().error.message.find(hint) ==
        std::string::npos);

  // A server that says why is quoted, with the setting.
  TlsServerOptions strict;
  strict.client_ca_file = certificates.pem("ca");
  serve(strict);
  CHECK(ask(without, "pg1").error().error.message.find(hint) != std::string::npos);
}

TEST_CASE_METHOD(Secure, "a client certificate may be optional", "[http][tls]") {
  certificates.make("admin", "DNS:admin");
  TlsServerOptions lax;
  lax.client_ca_file = certificates.pem("ca");
  lax.require_client_certificate = false;
  serve(lax);
  TlsClientOptions options = trusting();
  TlsContext anonymous(options);
  CHECK(ask(anonymous, "pg1").value().status == 200);
  CHECK(subject.empty());
  options.certificate_file = certificates.pem("admin");
  options.key_file = certificates.key("admin");
  TlsContext tls(options);
  CHECK(ask(tls, "pg1").value().status == 200);
  CHECK(subject == "CN=admin");
}

TEST_CASE_METHOD(Secure, "TLS towards a port that does not speak it ends at once, or at the deadline",
                 "[http][tls]") {
  ScriptedServer plain(loop, {{"HTTP/1.0 400 Bad Request\r\n\r\n"}});
  TlsContext tls(trusting());
  const Error error = ask(tls, "pg1", "", plain.address()).error().error;
  CHECK(error.kind == ErrorKind::invalid);
  CHECK(error.message == "POST / from https://pg1 (" + where + "): TLS with " + where +
                             ": the peer does not speak TLS (wrong version number)");
  ScriptedServer mute(loop, {{"", Script::End::keep}});
  const Error silent = ask(tls, "pg1", "", mute.address(), 100ms).error().error;
  CHECK(silent.kind == ErrorKind::timeout);
  CHECK(silent.message.find("no whole answer within 100 ms (TLS handshake)") != std::string::npos);
  ScriptedServer hasty(loop, {{""}});
  CHECK(ask(tls, "pg1", "", hasty.address())
            .error()
            .error.message.find("the peer closed the connection during the handshake") != std::string::npos);
  ScriptedServer rude(loop, {{"", Script::End::reset}});
  const Error reset = ask(tls, "pg1", "", rude.address()).error().error;
  CHECK(reset.kind == ErrorKind::reset);
  CHECK(reset.message.find("TLS handshake: ") != std::string::npos);
}

TEST_CASE_METHOD(Secure, "a TLS server gives no handshake for ever", "[http][tls]") {
  serve();
  RawClient plain(loop, server->address(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient mute(loop, server->address(), "");
  REQUIRE(run_until([&] { return plain.ended && mute.ended; }));
  CHECK(plain.got.find("HTTP/") == std::string::npos);
  REQUIRE(run_until([&] { return server->connections() == 0; }));
}

TEST_CASE_METHOD(Secure, "options are changed in place, and open connections go on as they were",
                 "[http][tls]") {
  serve();
  TlsContext tls(trusting());
  Request request;
  request.path = "/events";
  struct Reader final : StreamRequest::Callbacks {
    void on_stream_head(const Response&) override {}
    void on_stream_bytes(std::string_view bytes) override { body += bytes; }
    void on_stream_end(Outcome<void>) override {}
    std::string body;
  } reader;
  const StreamRequest open(loop, {server->address(), "pg1", "pg1", &tls}, request, {}, reader);
  REQUIRE(run_until([&] { return stream.is_open(); }));

  // Another certificate, and one of the client's is wanted; the former context goes.
  certificates.make("pg2", "DNS:pg2");
  certificates.make("admin", "DNS:admin");
  TlsServerOptions next;
  next.certificate_file = certificates.pem("pg2");
  next.key_file = certificates.key("pg2");
  next.client_ca_file = certificates.pem("ca");
  TlsContext next_tls(next);
  REQUIRE(next_tls.load());
  ServerOptions options;
  options.tls = &next_tls;
  server->reconfigure(options);
  server_tls.reset();
  CHECK(ask(tls, "pg1").error().error.kind == ErrorKind::denied);
  TlsClientOptions with_certificate = trusting();
  with_certificate.certificate_file = certificates.pem("admin");
  with_certificate.key_file = certificates.key("admin");
  TlsContext admin(with_certificate);
  CHECK(ask(admin, "pg2").value().status == 200);
  CHECK(certificate == PeerCertificate::verified);

  REQUIRE(stream.write("still here"));
  REQUIRE(run_until([&] { return reader.body == "still here"; }));

  // Without TLS, on the same socket.
  server->reconfigure({});
  std::optional<Outcome<Response>> plain;
  const ClientRequest one(loop, {server->address(), "pg1", "pg1", nullptr}, {}, {},
                          [&](Outcome<Response> outcome) { plain = std::move(outcome); });
  REQUIRE(run_until([&] { return plain.has_value(); }));
  CHECK(plain->value().status == 200);
  CHECK(certificate == PeerCertificate::no_tls);
}

TEST_CASE_METHOD(Secure, "much goes through TLS whole, both ways", "[http][tls]") {
  serve();
  TlsContext tls(trusting());
  const std::string body(60000, 'b');
  CHECK(ask(tls, "pg1", body).value().body == "hello " + body);
}

TEST_CASE_METHOD(Secure, "a stream over TLS comes through piece by piece", "[http][tls]") {
  serve();
  struct Reader final : StreamRequest::Callbacks {
    void on_stream_head(const Response& head) override { status = head.status; }
    void on_stream_bytes(std::string_view bytes) override { body += bytes; }
    void on_stream_end(Outcome<void> result) override { ended = result.has_value(); }
    int status = 0;
    std::string body;
    bool ended = false;
  } reader;
  TlsContext tls(trusting());
  Request request;
  request.path = "/events";
  const StreamRequest one(loop, {server->address(), "pg1", "pg1", &tls}, request, {}, reader);
  REQUIRE(run_until([&] { return reader.status == 200; }));
  std::size_t sent = 0;
  for (int i = 0; i < 20; ++i) {
    REQUIRE(stream.write(std::string(10000, 'x')));
    sent += 10000;
    REQUIRE(run_until([&] { return reader.body.size() == sent; }));
  }
  stream.end();
  REQUIRE(run_until([&] { return reader.ended; }));
}
