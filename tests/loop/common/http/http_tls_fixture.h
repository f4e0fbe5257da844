// Secure: a TLS server and a client in one loop, with certificates of their own.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <optional>

#include "common/http/channel.h"
#include "common/http/client_request.h"
#include "common/http/server.h"
#include "common/http/stream_request.h"
#include "common/http/tls_context.h"
#include "tests/loop/common/http/http_certificates.h"
#include "tests/loop/common/http/http_raw_client.h"
#include "tests/loop/common/http/http_scripted_server.h"
#include "tests/support/loop_fixture.h"

namespace tamada::http {

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
                     certificate = peer.certificate;
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

  Outcome<Response> ask(TlsContext& tls, const std::string& host, const std::string& body = "",
                        std::optional<Address> address = {}, Duration deadline = 10s) {
    std::optional<Outcome<Response>> answer;
    Request request;
    request.method = "POST";
    request.body = body;
    const Target target{address ? *address : server->address(), host, host, &tls};
    where = target.address.to_string();
    ClientOptions options;
    options.deadline = deadline;
    const ClientRequest one(loop, target, request, options,
                            [&](Outcome<Response> result) { answer = std::move(result); });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    return *answer;
  }
  // The error behind the request's and the peer's name.
  std::string complaint(const TlsClientOptions& options, const std::string& host, ErrorKind kind) {
    TlsContext tls(options);
    const auto answer = ask(tls, host);
    if (answer) return "(answered)";
    CHECK(answer.error().error.kind == kind);
    const std::string& words = answer.error().error.message;
    const auto start = words.find("TLS with " + where + ": ");
    return start == std::string::npos ? words : words.substr(start + 11 + where.size());
  }

  Certificates certificates;
  std::optional<TlsContext> server_tls;
  std::string subject;
  PeerCertificate certificate = PeerCertificate::no_tls;
  std::string where;
  ResponseStream stream;
  std::optional<Server> server;
};

// Carries bytes between two sessions in memory, `piece` at a time, until neither has more to say.
inline Result<void> talk(TlsSession& a, TlsSession& b, std::size_t piece) {
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

}  // namespace tamada::http
