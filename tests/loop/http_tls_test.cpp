#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <optional>

#include "common/http/channel.h"
#include "common/http/client_request.h"
#include "common/http/server.h"
#include "common/http/stream_request.h"
#include "common/http/tls_context.h"
#include "tests/loop/http_certificates.h"
#include "tests/loop/http_raw_client.h"
#include "tests/loop/http_scripted_server.h"
#include "tests/support/loop_fixture.h"

using namespace tamada;
using namespace tamada::http;

namespace {

struct Secure : loop::LoopFixture {
  Secure() { certificates.make("pg1", "DNS:pg1,DNS:pg1.example,IP:127.0.0.1"); }

  void serve(TlsServerOptions options = {}) {
    if (options.certificate_file.empty()) options.certificate_file = certificates.pem("pg1");
    if (options.key_file.empty()) options.key_file = certificates.key("pg1");
    server_tls.emplace(options);
    REQUIRE(server_tls->load());
    ServerOptions server_options;
    server_options.tls = &*server_tls;
    server_options.header_timeout = 2s;
    server.emplace(loop, server_options,
                   [this](const Request& request, const Peer& peer, Responder responder) {
                     subject = peer.certificate_subject;
                     if (request.path == "/events") {
                       stream = responder.stream(200, {});
                     } else {
                       Response response;
                       response.body = "hello " + request.body;
                       responder.send(response);
                     }
                   });
    REQUIRE(server->listen(loop::loopback()));
  }

  TlsClientOptions trusting() {
    TlsClientOptions options;
    options.ca_file = certificates.pem("ca");
    return options;
  }

  Result<Response> ask(TlsContext& tls, const std::string& host, const std::string& body = "",
                       std::optional<Address> address = {}, Duration deadline = 10s) {
    std::optional<Result<Response>> answer;
    Request request;
    request.method = "POST";
    request.body = body;
    const Target target{address ? *address : server->address(), host, host, &tls};
    where = target.address.to_string();
    ClientOptions options;
    options.deadline = deadline;
    const ClientRequest one(loop, target, request, options,
                            [&](Result<Response> result) { answer = std::move(result); });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    return *answer;
  }
  // The error behind the request's and the peer's name.
  std::string complaint(const TlsClientOptions& options, const std::string& host, ErrorKind kind) {
    TlsContext tls(options);
    const auto answer = ask(tls, host);
    if (answer) return "(answered)";
    CHECK(answer.error().kind == kind);
    const std::string& words = answer.error().message;
    const auto start = words.find("TLS with " + where + ": ");
    return start == std::string::npos ? words : words.substr(start + 11 + where.size());
  }

  Certificates certificates;
  std::optional<TlsContext> server_tls;
  std::string subject;
  std::string where;
  ResponseStream stream;
  std::optional<Server> server;
};

// Carries bytes between two sessions in memory, `piece` at a time, until neither has more to say.
Result<void> talk(TlsSession& a, TlsSession& b, std::size_t piece) {
  for (bool moved = true; moved;) {
    moved = false;
    for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      const std::string bytes = from->take_cipher();
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        if (auto received = to->receive(std::string_view(bytes).substr(at, piece)); !received)
          return received;
        moved = true;
      }
    }
  }
  return {};
}

}  // namespace

TEST_CASE_METHOD(Secure, "a server is trusted by its authority and name, or by its address", "[http][tls]") {
  serve();
  TlsContext tls(trusting());
  CHECK(ask(tls, "pg1", "x").value().body == "hello x");
  CHECK(ask(tls, "pg1.example").value().status == 200);
  CHECK(ask(tls, "127.0.0.1").value().status == 200);
  CHECK(subject.empty());
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
  options.certificate_file = certificates.pem("stranger");
  options.key_file = certificates.key("stranger");
  // Who is not let in may also find the connection reset before the reason has been read.
  TlsContext foreign(options);
  const auto refused = ask(foreign, "pg1");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::denied);
}

// A server that asks for a certificate, lets everybody finish the handshake, and closes without a word to who
// has shown none: as servers with TLS 1.3 look from outside that judge after the handshake.
struct ClosingServer final : loop::AcceptListener, loop::StreamListener {
  ClosingServer(loop::Loop& its_loop, TlsContext& its_tls)
      : loop(its_loop), tls(its_tls), listener(loop, *this) {
    REQUIRE(listener.bind(loop::loopback()));
  }
  void on_accept(loop::UniqueFd socket, const Address& peer) override {
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
  const Error error = ask(without, "pg1", "", closing.listener.address()).error();
  CHECK(error.kind == ErrorKind::closed);
  CHECK(error.message.find("without an answer" + hint) != std::string::npos);

  // Who shows one, or is not asked for one, is told nothing of certificates.
  client.certificate_file = certificates.pem("admin");
  client.key_file = certificates.key("admin");
  TlsContext with(client);
  CHECK(ask(with, "pg1", "", closing.listener.address()).error().message.find(hint) == std::string::npos);
  ClosingServer plain(loop, asks_nobody);
  CHECK(ask(without, "pg1", "", plain.listener.address()).error().message.find(hint) == std::string::npos);

  // A server that says why is quoted, with the setting.
  TlsServerOptions strict;
  strict.client_ca_file = certificates.pem("ca");
  serve(strict);
  CHECK(ask(without, "pg1").error().message.find(hint) != std::string::npos);
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
  const Error error = ask(tls, "pg1", "", plain.address()).error();
  CHECK(error.kind == ErrorKind::invalid);
  CHECK(error.message == "POST / from https://pg1 (" + where + "): TLS with " + where +
                             ": the peer does not speak TLS (wrong version number)");
  ScriptedServer mute(loop, {{"", Script::End::keep}});
  const Error silent = ask(tls, "pg1", "", mute.address(), 100ms).error();
  CHECK(silent.kind == ErrorKind::timeout);
  CHECK(silent.message.find("no whole answer within 100 ms (TLS handshake)") != std::string::npos);
  ScriptedServer hasty(loop, {{""}});
  CHECK(ask(tls, "pg1", "", hasty.address())
            .error()
            .message.find("the peer closed the connection during the handshake") != std::string::npos);
  ScriptedServer rude(loop, {{"", Script::End::reset}});
  const Error reset = ask(tls, "pg1", "", rude.address()).error();
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

TEST_CASE_METHOD(Secure, "much goes through TLS whole, both ways", "[http][tls]") {
  serve();
  TlsContext tls(trusting());
  const std::string body(60000, 'b');
  CHECK(ask(tls, "pg1", body).value().body == "hello " + body);
}

TEST_CASE_METHOD(Secure, "a stream over TLS comes through piece by piece", "[http][tls]") {
  serve();
  struct Reader final : StreamRequest::Listener {
    void on_stream_head(const Response& head) override { status = head.status; }
    void on_stream_bytes(std::string_view bytes) override { body += bytes; }
    void on_stream_end(Result<void> result) override { ended = result.has_value(); }
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
  CHECK(answer.error().message ==
        "POST / from https://pg1 (127.0.0.1:1): a client certificate needs both, certificate and key");
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
