// A member that fails in each stage of a request. What may have been carried out is not sent again by itself;
// what cannot have been is, and so is what may be done twice.
#include <functional>
#include <memory>
#include <optional>

#include "tests/loop/common/etcd/etcd_fake_member.h"
#include "tests/loop/common/etcd/etcd_fixture.h"
#include "tests/loop/common/http/http_certificates.h"
#include "tests/loop/common/http/http_scripted_server.h"
#include "tests/support/broken_recv.h"

using namespace tamada;
using namespace tamada::etcd;
using http::Script;

namespace {

constexpr std::size_t more_than_the_kernel_takes = std::size_t{24} << 20;

struct Stages : EtcdFixture {
  enum class What { txn, put };
  struct Seen {
    bool answered = false;
    bool may_have_run = false;
    std::string words;
    std::size_t at_second = 0;  // how often the second member was asked for it
  };

  // Asks a client whose first member has answered before, and then was `spoiled`.
  Seen ask(What what, const std::function<void(const Address&)>& spoil, const std::string& value = "v",
           const ClientOptions& given = {}) {
    ClientOptions options = given;
    options.deadline = 1200ms;
    FakeMember second(loop);
    http::ServerOptions server_options;
    server_options.tls = server_tls;
    auto first = std::make_unique<FakeMember>(loop, server_options);
    const Address address = first->address();
    const auto client = client_of({first->url(), second.url()}, options);
    REQUIRE(range(*client, "/s/leader"));
    first.reset();
    spoil(address);
    Seen seen;
    const auto note = [&](const auto& outcome) {
      seen.answered = outcome.has_value();
      if (!outcome) seen.may_have_run = outcome.error().may_have_run;
      if (!outcome) seen.words = outcome.error().error.message;
    };
    if (what == What::put) {
      note(put(*client, "/s/leader", value));
      seen.at_second = second.times("/kv/put");
    } else {
      const TxnRequest request{
          {Compare::absent("/s/leader")}, {{Operation::Kind::put, "/s/leader", value, 0}}, {}};
      note(txn(*client, request));
      seen.at_second = second.times("/kv/txn");
    }
    bad.reset();
    return seen;
  }
  Seen ask(What what, const Script& script, const std::string& value = "v") {
    return ask(
        what, [&](const Address& at) { bad.emplace(loop, std::vector<Script>{script}, at); }, value);
  }

  void check_sent_again(const std::function<void(const Address&)>& spoil, const ClientOptions& options = {}) {
    for (const What what : {What::txn, What::put}) {
      const Seen seen = ask(what, spoil, "v", options);
      INFO(seen.words);
      CHECK(seen.answered);
      CHECK(seen.at_second == 1);
    }
  }
  void check_sent_once(const Script& script, const std::string& value = "v") {
    const Seen once = ask(What::txn, script, value);
    INFO(script.bytes << ": " << once.words);
    CHECK_FALSE(once.answered);
    CHECK(once.may_have_run);
    CHECK(once.at_second == 0);
    const Seen twice = ask(What::put, script);
    CHECK(twice.answered);
    CHECK(twice.at_second == 1);
  }

  std::optional<http::ScriptedServer> bad;
  http::TlsContext* server_tls = nullptr;
};

std::string refusal(int code, const std::string& words) {
  return "HTTP/1.0 503 X\r\n\r\n{\"error\":\"" + words + "\",\"code\":" + std::to_string(code) +
         ",\"message\":\"" + words + "\"}";
}

}  // namespace

TEST_CASE_METHOD(Stages, "resolving: the next member is asked", "[etcd][stages]") {
  FakeMember second(loop);
  const auto client = client_of({http::Url::parse("http://no-such-name.invalid:1").value(), second.url()});
  REQUIRE(txn(*client, {{Compare::absent("a")}, {{Operation::Kind::put, "a", "v", 0}}, {}}));
  CHECK(second.times("/kv/txn") == 1);
}

TEST_CASE_METHOD(Stages, "connecting: the next member is asked", "[etcd][stages]") {
  check_sent_again([](const Address&) {});
}

TEST_CASE_METHOD(Stages, "preparing: the next member is asked", "[etcd][stages]") {
  FakeMember second(loop);
  http::TlsClientOptions missing;
  missing.ca_file = "/nonexistent/ca.pem";
  http::TlsContext tls(missing);
  ClientOptions options;
  options.tls = &tls;
  const auto port = loop::closed_port();
  const std::string first = "https://" + loop::socket_address(port.get()).to_string();
  const auto client = client_of({http::Url::parse(first).value(), second.url()}, options);
  REQUIRE(txn(*client, {{Compare::absent("a")}, {{Operation::Kind::put, "a", "v", 0}}, {}}));
  CHECK(second.times("/kv/txn") == 1);
}

TEST_CASE_METHOD(Stages, "TLS handshake: the next member is asked", "[etcd][stages]") {
  http::Certificates certificates;
  certificates.make("etcd", "IP:127.0.0.1");
  http::TlsServerOptions server_options;
  server_options.certificate_file = certificates.pem("etcd");
  server_options.key_file = certificates.key("etcd");
  http::TlsContext serving(server_options);
  REQUIRE(serving.load());
  server_tls = &serving;
  http::TlsClientOptions trusting;
  trusting.ca_file = certificates.pem("ca");
  http::TlsContext tls(trusting);
  ClientOptions options;
  options.tls = &tls;
  for (const Script& script : {Script{}, Script{"", Script::End::reset}, Script{"", Script::End::keep}}) {
    check_sent_again([&](const Address& at) { bad.emplace(loop, std::vector<Script>{script}, at); }, options);
  }
}

TEST_CASE_METHOD(Stages, "sending: a transaction is not sent again", "[etcd][stages]") {
  check_sent_once({.bytes = "", .deaf = true}, std::string(more_than_the_kernel_takes, 'x'));
}

TEST_CASE_METHOD(Stages, "waiting for the answer: a transaction is not sent again", "[etcd][stages]") {
  check_sent_once({""});
  check_sent_once({"", Script::End::reset});
  check_sent_once({"", Script::End::keep});
}

TEST_CASE_METHOD(Stages,
                 "an established connection that ends as unreachable: a transaction is not sent again",
                 "[etcd][stages]") {
  for (const int code : {EHOSTUNREACH, ENETDOWN, ENETUNREACH}) {
    std::optional<loop::BrokenRecv> broken;
    const auto lose_the_way = [&](const Address& at) {
      bad.emplace(loop, std::vector<Script>{{"x", Script::End::keep}}, at);
      broken.emplace(code, at.port());
    };
    const Seen once = ask(What::txn, lose_the_way);
    INFO(once.words);
    CHECK_FALSE(once.answered);
    CHECK(once.may_have_run);
    CHECK(once.at_second == 0);
    const Seen twice = ask(What::put, lose_the_way);
    CHECK(twice.answered);
    CHECK(twice.at_second == 1);
  }
}

TEST_CASE_METHOD(Stages, "head and body of the answer: a transaction is not sent again", "[etcd][stages]") {
  for (const auto end : {Script::End::fin, Script::End::keep}) {
    check_sent_once({"HTTP/1.1 200 OK\r\nContent-Len", end});
    check_sent_once({"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"header\"", end});
  }
}

TEST_CASE_METHOD(Stages, "an answer decides whether a transaction may be sent again", "[etcd][stages]") {
  check_sent_once({"HTTP/1.0 200 OK\r\n\r\nno JSON at all"});
  check_sent_once({refusal(14, "etcdserver: request timed out")});
  check_sent_once({refusal(14, "etcdserver: leader changed")});
  check_sent_once({"HTTP/1.0 502 X\r\n\r\nof a proxy"});
  for (const std::string& said :
       {refusal(14, "etcdserver: no leader"), refusal(9, "etcdserver: rpc not supported for learner"),
        std::string("HTTP/1.0 404 X\r\n\r\nof a proxy")}) {
    check_sent_again([&](const Address& at) { bad.emplace(loop, std::vector<Script>{{said}}, at); });
  }
}

TEST_CASE_METHOD(Stages, "that it may have run is kept when a later attempt cannot be made",
                 "[etcd][stages]") {
  http::ScriptedServer member(loop, {{"HTTP/1.0 200 OK\r\n\r\n{\"etcdserver\":\"3.5.9\"}"}, {""}});
  const auto port = loop::closed_port();
  const http::Url closed = http::Url::parse("http://" + loop::socket_address(port.get()).to_string()).value();
  const http::Url url = http::Url::parse("http://" + member.address().to_string()).value();
  ClientOptions options;
  options.deadline = 600ms;
  const auto client = client_of({url, closed}, options);
  const auto outcome = put(*client, "a", "b");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().may_have_run);
}
