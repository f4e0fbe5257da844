#include "common/http/client_request.h"
#include "common/http/message.h"
#include "tests/loop/agent/api/api_fixture.h"
#include "tests/loop/common/http/http_certificates.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

struct Guarded : Serving {
  void guard(ApiOptions options) {
    serve(options);
    publish(agent_leader());
  }
  std::string reload(const std::string& fields = "") { return words(ask("POST", "/reload", "", fields)); }
};

ApiOptions allowing(std::vector<std::string> entries, bool members = false) {
  ApiOptions options;
  options.allowlist = std::move(entries);
  options.allowlist_include_members = members;
  return options;
}

std::string authorization(const std::string& user, const std::string& password) {
  return "Authorization: " + http::basic_credentials(user, password) + "\r\n";
}

constexpr const char* scheduled = "202 reload scheduled";

// The API behind TLS, with certificates of its own, and our own client in front.
struct Secured : Guarded {
  Secured() {
    certificates.make("pg1", "DNS:pg1");
    certificates.make("client", "DNS:client");
  }

  [[nodiscard]] ApiOptions secured(VerifyClient verify) const {
    ApiOptions options;
    options.tls = ApiTls{certificates.pem("pg1"), certificates.key("pg1"), "", "", "", verify};
    if (verify != VerifyClient::none) options.tls->client_ca_file = certificates.pem("ca");
    return options;
  }
  // The status and the body, or how it failed.
  std::string call(const std::string& method, const std::string& path, bool with_certificate) {
    http::TlsClientOptions options;
    options.ca_file = certificates.pem("ca");
    if (with_certificate) {
      options.certificate_file = certificates.pem("client");
      options.key_file = certificates.key("client");
    }
    http::TlsContext tls(options);
    http::Request request;
    request.method = method;
    request.path = path;
    std::optional<http::Outcome<http::Response>> outcome;
    const http::ClientRequest one(loop, {address(), "pg1", "pg1", &tls}, request, {},
                                  [&](http::Outcome<http::Response> result) { outcome = std::move(result); });
    REQUIRE(run_until([&] { return outcome.has_value(); }));
    if (!*outcome) return "failed";
    headers = (*outcome)->headers;
    return std::to_string((*outcome)->status) + " " + (*outcome)->body;
  }

  http::Certificates certificates;
  http::Headers headers;
};

}  // namespace

TEST_CASE_METHOD(Guarded, "without rules everybody may change something", "[agent][api][access]") {
  guard({});
  CHECK(reload() == scheduled);
}

TEST_CASE_METHOD(Guarded, "a list of networks lets in whom it names", "[agent][api][access]") {
  guard(allowing({"10.0.0.0/8", "fd00::/8"}));
  CHECK(reload() == "403 Access is denied");
  CHECK(ask("GET", "/patroni").status == 200);
  CHECK(ask("OPTIONS", "/primary").status == 200);
  CHECK(backend.reloads == 0);
  REQUIRE(api->configure(allowing({"10.0.0.0/8", "127.0.0.0/8"})));
  CHECK(reload() == scheduled);
  REQUIRE(api->configure(allowing({"127.0.0.1"})));
  CHECK(reload() == scheduled);
  CHECK(ask("POST", "/nothing").status == 501);
}

TEST_CASE("names of a list are looked up beside the loop", "[agent][api][access]") {
  struct Named : loop::LoopFixture {
    loop::Resolver resolver{loop, {.lookup = [](const std::string& host) -> loop::Resolver::Answer {
                              if (host != "console.example")
                                return fail(ErrorKind::unresolved, "no such name");
                              return std::vector<Address>{*Address::from_ip("192.0.2.7", 0)};
                            }}};
    AccessList list{loop, resolver};
  } named;
  const Address console = *Address::from_ip("192.0.2.7", 4711);
  const Address other = *Address::from_ip("192.0.2.8", 4711);
  named.list.configure({"console.example", "unknown.example"}, false);
  CHECK_FALSE(named.list.lets_in(console, true));  // nobody waits
  CHECK(named.run_until([&] { return named.list.lets_in(console, true); }));
  CHECK_FALSE(named.list.lets_in(other, true));

  // The members' names are looked up likewise, and count where they are asked for.
  named.list.configure({}, true);
  MemberView member = agent_member("pg2", 0);
  member.api_url = "https://console.example:8008/patroni";
  CHECK_FALSE(named.list.lets_in(console, true));
  CHECK(named.list.lets_in(console, false));  // then there is no list at all
  named.list.set_members({member});
  CHECK(named.run_until([&] { return named.list.lets_in(console, true); }));
  CHECK_FALSE(named.list.lets_in(other, true));
  named.list.set_members({});  // an outage is no reason to forget them
  CHECK(named.list.lets_in(console, true));
  named.list.configure({"192.0.2.8"}, true);
  CHECK(named.list.lets_in(other, false));
  CHECK_FALSE(named.list.lets_in(console, false));
}

TEST_CASE_METHOD(Guarded, "members are let in by the address of their REST API, but not for a promise",
                 "[agent][api][access]") {
  guard(allowing({"192.0.2.1"}, true));
  CHECK(reload() == "403 Access is denied");
  NodeSnapshot snapshot = agent_leader();
  snapshot.settings.failsafe_mode = true;
  snapshot.cluster->members.front().api_url = "http://127.0.0.1:8008/patroni";
  publish(snapshot);
  CHECK(reload() == scheduled);
  CHECK(words(ask("POST", "/failsafe", R"({"name": "pg1"})")) == "403 Access is denied");
  REQUIRE(api->configure(allowing({}, true)));
  CHECK(words(ask("POST", "/failsafe", R"({"name": "pg1"})")) == "200 Accepted");
}

TEST_CASE_METHOD(Guarded, "credentials are asked of who changes something", "[agent][api][access]") {
  ApiOptions options;
  options.authentication = http::BasicCredentials{"admin", "secret"};
  guard(options);
  const Reply none = ask("POST", "/reload");
  CHECK(words(none) == "401 no auth header received");
  CHECK(none.head.find("WWW-Authenticate: Basic realm=\"Patroni\"\r\n") != std::string::npos);
  CHECK(reload(authorization("admin", "wrong")) == "401 not authenticated");
  CHECK(reload(authorization("root", "secret")) == "401 not authenticated");
  CHECK(reload("Authorization: Bearer x\r\n") == "401 not authenticated");
  CHECK(reload(authorization("admin", "secret")) == scheduled);
  CHECK(ask("GET", "/patroni").status == 200);
  // Before the body is looked at.
  CHECK(words(ask("PATCH", "/config", "[")) == "401 no auth header received");
}

TEST_CASE_METHOD(Guarded, "the address is looked at before the credentials", "[agent][api][access]") {
  ApiOptions options = allowing({"10.0.0.0/8"});
  options.authentication = http::BasicCredentials{"admin", "secret"};
  guard(options);
  CHECK(reload() == "403 Access is denied");
}

TEST_CASE_METHOD(Secured, "with TLS alone nobody needs a certificate", "[agent][api][access]") {
  ApiOptions options = secured(VerifyClient::none);
  options.https_extra_headers = {{"Strict-Transport-Security", "max-age=1"}};
  guard(options);
  CHECK(call("POST", "/reload", false) == scheduled);
  CHECK(headers.has("Strict-Transport-Security"));
}

TEST_CASE_METHOD(Secured, "an optional certificate is needed to change something", "[agent][api][access]") {
  guard(secured(VerifyClient::optional));
  CHECK(call("GET", "/config", false) == R"(200 {"ttl": 30})");
  CHECK(call("POST", "/reload", false) == "403 client certificate required");
  CHECK(call("POST", "/reload", true) == scheduled);
}

TEST_CASE_METHOD(Secured, "a required certificate is needed for everything", "[agent][api][access]") {
  guard(secured(VerifyClient::required));
  CHECK(call("GET", "/config", false) == "failed");
  CHECK(call("GET", "/config", true) == R"(200 {"ttl": 30})");
  CHECK(call("POST", "/reload", true) == scheduled);
}

TEST_CASE_METHOD(Secured, "a certificate is asked for before the credentials", "[agent][api][access]") {
  ApiOptions options = secured(VerifyClient::optional);
  options.authentication = http::BasicCredentials{"admin", "secret"};
  guard(options);
  CHECK(call("POST", "/reload", false) == "403 client certificate required");
  CHECK(call("POST", "/reload", true) == "401 no auth header received");
}

TEST_CASE_METHOD(Secured, "a certificate that is replaced is used for new connections, a broken one is not",
                 "[agent][api][access]") {
  guard(secured(VerifyClient::none));
  CHECK(call("GET", "/config", false) == R"(200 {"ttl": 30})");
  certificates.run("cp " + certificates.pem("client") + " " + certificates.pem("pg1"));  // another key's
  CHECK(run_until([&] { return call("GET", "/config", false) != "failed" && !api->tls_problem().empty(); }));
  certificates.make("pg1", "DNS:other");
  CHECK(
      run_until([&] { return call("GET", "/config", false) == "failed"; }));  // pg1 is not its name any more
  certificates.make("pg1", "DNS:pg1");
  CHECK(run_until([&] { return call("GET", "/config", false) == R"(200 {"ttl": 30})"; }));
  CHECK(api->tls_problem().empty());
}

TEST_CASE_METHOD(Secured, "TLS is switched on and off without a new listening socket",
                 "[agent][api][access]") {
  guard({});
  const Address before = address();
  REQUIRE(api->configure(secured(VerifyClient::none)));
  CHECK(call("GET", "/config", false) == R"(200 {"ttl": 30})");
  REQUIRE(api->configure({}));
  CHECK(ask("GET", "/primary").status == 200);
  CHECK(address() == before);
}

TEST_CASE_METHOD(Secured, "TLS that cannot work is refused, and the former goes on", "[agent][api][access]") {
  guard(secured(VerifyClient::none));
  ApiOptions options = secured(VerifyClient::none);
  options.tls->certificate_file = certificates.pem("missing");
  CHECK_FALSE(api->configure(options));
  options = secured(VerifyClient::required);
  options.tls->client_ca_file.clear();
  const auto without_authority = api->configure(options);
  REQUIRE_FALSE(without_authority);
  CHECK(without_authority.error().message.find("cafile") != std::string::npos);
  CHECK(call("GET", "/config", false) == R"(200 {"ttl": 30})");
}

TEST_CASE_METHOD(Secured, "a client that begins no handshake harms nobody", "[agent][api][access]") {
  ApiOptions options = secured(VerifyClient::none);
  options.request_timeout = 500ms;
  options.max_connections = 4;
  guard(options);
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 12; ++i) silent.push_back(loop::raw_client(address()));
  CHECK(run_until([&] { return call("GET", "/config", false) == R"(200 {"ttl": 30})"; }));
  CHECK_SOON(api->counters().connections == 0);
}
