// Members whose REST API a test plays on the loopback, and whose PostgreSQL is a real one or nobody.
#include "agent/peers/peer_asker.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <optional>

#include "common/http/server.h"
#include "common/loop/resolver.h"
#include "common/postgres/client/connection.h"
#include "tests/loop/common/http/http_certificates.h"
#include "tests/loop/common/http/http_scripted_server.h"
#include "tests/loop/common/postgres/client/postgres_process.h"
#include "tests/support/loop_fixture.h"

using namespace tamada;
using namespace tamada::agent;
using Server = ha::PeerStatus::Server;

namespace {

std::string body(const std::string& xlog, const std::string& name = "pg2",
                 const std::string& scope = "orders") {
  return R"({"state": "running", "role": "replica", "xlog": {)" + xlog +
         R"(}, "timeline": 3, "database_system_identifier": "42", "patroni": {"version": "4.1.4", "scope": ")" +
         scope + R"(", "name": ")" + name + R"("}})";
}
const std::string standby = body(R"("received_location": 7, "replayed_location": 5)");

std::string http_of(const std::string& text, const std::string& status = "200 OK") {
  return "HTTP/1.0 " + status + "\r\nContent-Type: application/json\r\n\r\n" + text;
}

struct Asking : loop::LoopFixture {
  Asking() { configure({}); }

  void configure(AgentConfig config) {
    config.name = "pg1";
    config.scope = "orders";
    config.postgres.superuser = {"postgres", password, {{"sslmode", "disable"}}};
    asker->configure(make_server_setup(std::move(config), ConfigValue::object(), {}, 150018));
  }
  // pg2, with its REST API there; its PostgreSQL is nobody.
  [[nodiscard]] Upstream peer_at(const Address& api, const std::string& scheme = "http") const {
    return {"pg2", "127.0.0.1", socket_port(), scheme + "://" + api.to_string() + "/patroni"};
  }
  [[nodiscard]] std::uint16_t socket_port() const { return loop::socket_address(nobody.get()).port(); }

  ha::PeerAnswer ask(const Upstream& peer) {
    std::optional<ha::PeerAnswer> answer;
    const TimePoint began = loop::boot_now();
    asker->ask(peer, [&](const ha::PeerAnswer& told) {
      CHECK_FALSE(answer);
      answer = told;
    });
    CHECK_FALSE(answer);
    REQUIRE(run_until([&] { return answer.has_value(); }));
    took = loop::boot_now() - began;
    CHECK(answer->name == "pg2");
    CHECK(answer->sent >= began);
    CHECK(answer->sent <= began + 1s);
    return *answer;
  }
  ha::PeerAnswer ask(const http::Script& script) {
    http::ScriptedServer server(loop, {script});
    const ha::PeerAnswer answer = ask(peer_at(server.address()));
    request = server.connections() > 0 ? server.received() : "";
    server.close_all();
    return answer;
  }

  static constexpr const char* password = "se:cret";
  UniqueFd nobody = loop::closed_port();
  loop::Resolver resolver{loop};
  postgres::ConnectionThreads threads;
  std::optional<PeerAsker> asker{std::in_place, loop, resolver, threads};
  Duration took{};
  std::string request;
};

}  // namespace

TEST_CASE_METHOD(Asking, "a member that answers is as it says", "[agent][peer_asker]") {
  const ha::PeerAnswer answer = ask({.bytes = http_of(standby)});
  REQUIRE(answer.status);
  CHECK(answer.status->server == Server::standby);
  CHECK(answer.status->position == 7);
  CHECK(answer.status->timeline == 3);
  CHECK(request.rfind("GET /patroni HTTP/1.1\r\n", 0) == 0);
  CHECK(request.find("Authorization") == std::string::npos);
}

TEST_CASE_METHOD(Asking, "members are asked with ctl's credentials", "[agent][peer_asker]") {
  AgentConfig config;
  config.ctl.authentication = {"admin", "pass"};
  configure(config);
  CHECK(ask({.bytes = http_of(standby)}).status);
  CHECK(request.find("Authorization: Basic YWRtaW46cGFzcw==\r\n") != std::string::npos);
}

TEST_CASE_METHOD(Asking, "a name is looked up, and its next address asked where one refuses",
                 "[agent][peer_asker]") {
  http::ScriptedServer server(loop, {{.bytes = http_of(standby)}});
  loop::Resolver::Options options;
  options.lookup = [](const std::string&) -> loop::Resolver::Answer {
    return std::vector<Address>{*Address::from_ip("127.0.0.99", 0), *Address::from_ip("127.0.0.1", 0)};
  };
  loop::Resolver names(loop, options);
  asker.emplace(loop, names, threads);
  configure({});
  Upstream peer = peer_at(server.address());
  peer.api_url = "http://pg2.example:" + std::to_string(server.address().port()) + "/patroni";
  CHECK(ask(peer).status);
  asker.reset();
}

TEST_CASE_METHOD(Asking, "a name server that has gone silent costs little once the name is known",
                 "[agent][peer_asker]") {
  http::ScriptedServer server(loop, {{.bytes = http_of(standby)}});
  const auto silent = std::make_shared<std::atomic<bool>>(false);
  loop::Resolver::Options options;
  options.lookup = [silent](const std::string&) -> loop::Resolver::Answer {
    for (int i = 0; *silent && i < 1000; ++i) usleep(5000);
    return std::vector<Address>{*Address::from_ip("127.0.0.1", 0)};
  };
  loop::Resolver names(loop, options);
  asker.emplace(loop, names, threads);
  configure({});
  Upstream peer = peer_at(server.address());
  peer.api_url = "http://pg2.example:" + std::to_string(server.address().port()) + "/patroni";
  CHECK(ask(peer).status);
  *silent = true;
  CHECK(ask(peer).status);
  CHECK(took < 1900ms);
  *silent = false;
  asker.reset();
}

TEST_CASE_METHOD(Asking, "what says nothing usable is no answer", "[agent][peer_asker]") {
  using End = http::Script::End;
  for (const http::Script& script : std::vector<http::Script>{
           {.bytes = http_of(body(R"("location": 7)", "pg3"))},           // somebody else
           {.bytes = http_of(body(R"("location": 7)", "pg2", "other"))},  // of another cluster
           {.bytes = http_of(standby.substr(0, 60))},                     // broken
           {.bytes = http_of(standby, "503 Service Unavailable")},
           {.bytes = http_of("")},
           {.bytes = "what?\r\n\r\n"},
           {.bytes = http_of(std::string(std::size_t{700} * 1024, ' ') + standby)},  // too much
           {.bytes = "", .end = End::reset},
           {.bytes = "", .end = End::fin},
       }) {
    INFO(script.bytes.substr(0, 300));
    CHECK_FALSE(ask(script).status);
    CHECK(took < 2500ms);
  }
  // A body without end is cut off, too.
  CHECK_FALSE(ask({.bytes = "HTTP/1.0 200 OK\r\n\r\n" + std::string(60'000, ' '), .endless = true}).status);
}

TEST_CASE_METHOD(Asking, "a status of another system is no answer", "[agent][peer_asker]") {
  asker->expect_system("42");
  CHECK(ask({.bytes = http_of(standby)}).status);
  asker->expect_system("43");
  CHECK_FALSE(ask({.bytes = http_of(standby)}).status);
}

TEST_CASE_METHOD(Asking, "who is not there is known at once, who says nothing after two seconds",
                 "[agent][peer_asker]") {
  const UniqueFd closed = loop::closed_port();
  CHECK_FALSE(ask(peer_at(loop::socket_address(closed.get()))).status);
  CHECK(took < 1900ms);
  // It takes the connection, and nobody accepts it.
  const UniqueFd silent = loop::raw_server();
  CHECK_FALSE(ask(peer_at(loop::socket_address(silent.get()))).status);
  CHECK(took >= 1900ms);
  CHECK(took < 4s);
  // Nothing comes back from there.
  Upstream away = peer_at(*Address::from_ip("192.0.2.1", 8008));
  CHECK_FALSE(ask(away).status);
  CHECK(took < 2s);
  // Nothing is known of where it is.
  CHECK_FALSE(ask({"pg2", "", 5432, ""}).status);
  CHECK_FALSE(ask({"pg2", "", 5432, "no url"}).status);
}

TEST_CASE_METHOD(Asking, "an answer that comes after a second of silence still counts",
                 "[agent][peer_asker]") {
  http::ScriptedServer server(loop, {{.bytes = "HTTP/1.0 200 OK\r\n", .end = http::Script::End::keep}});
  loop::Timer late(loop, [&] {
    server.say(0, "\r\n" + standby);
    server.drop(0);
  });
  late.start(1300ms);
  CHECK(ask(peer_at(server.address())).status);
  CHECK(took >= 1200ms);
}

TEST_CASE_METHOD(Asking, "many are asked at once, and nobody waits for another", "[agent][peer_asker]") {
  const UniqueFd silent = loop::raw_server();
  http::ScriptedServer server(loop, {{.bytes = http_of(standby)}});
  int good = 0;
  int none = 0;
  for (int i = 0; i < 5; ++i) {
    asker->ask(peer_at(loop::socket_address(silent.get())),
               [&](const ha::PeerAnswer& answer) { none += answer.status ? 0 : 1; });
    asker->ask(peer_at(server.address()),
               [&](const ha::PeerAnswer& answer) { good += answer.status ? 1 : 0; });
  }
  REQUIRE(run_until([&] { return good == 5; }));
  CHECK(none == 0);
  CHECK(server.connections() == 5);
  REQUIRE(run_until([&] { return none == 5; }));
}

TEST_CASE_METHOD(Asking, "after its end nobody is called, and it may end in a call", "[agent][peer_asker]") {
  http::ScriptedServer server(loop, {{.bytes = http_of(standby)}});
  bool is_called = false;
  asker->ask(peer_at(server.address()), [&](const ha::PeerAnswer&) { is_called = true; });
  asker.reset();
  run_for(300ms);
  CHECK_FALSE(is_called);

  asker.emplace(loop, resolver, threads);
  configure({});
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    asker->ask(peer_at(server.address()), [&](const ha::PeerAnswer&) {
      ++calls;
      asker.reset();
    });
  }
  REQUIRE(run_until([&] { return calls > 0; }));
  run_for(300ms);
  CHECK(calls == 1);
}

TEST_CASE_METHOD(Asking, "a candidate is reachable where its REST API tells a position",
                 "[agent][peer_asker]") {
  std::optional<CandidateStatus> status;
  const auto ask_candidate = [&](const std::string& text) {
    http::ScriptedServer server(loop, {{.bytes = http_of(text)}});
    status.reset();
    asker->ask_candidate(peer_at(server.address()), [&](const CandidateStatus& told) { status = told; });
    REQUIRE(run_until([&] { return status.has_value(); }));
    return *status;
  };
  CHECK(ask_candidate(standby).may_take_over());
  CHECK(ask_candidate(standby).name == "pg2");
  CHECK_FALSE(ask_candidate("{}").is_reachable);
}

TEST_CASE_METHOD(Asking,
                 "TLS: without a client certificate anybody is taken, with one only whom the authority knows",
                 "[agent][peer_asker]") {
  http::Certificates certificates;
  certificates.make("pg2", "DNS:another.name");  // members are not known by name
  certificates.make("pg1", "DNS:pg1");
  certificates.make_authority("other");
  certificates.make("stranger", "DNS:another.name", "other");
  const auto answers = [&](const std::string& who, const AgentConfig& config, bool wants_client) {
    http::TlsServerOptions options;
    options.certificate_file = certificates.pem(who);
    options.key_file = certificates.key(who);
    if (wants_client) options.client_ca_file = certificates.pem("ca");
    http::TlsContext tls(options);
    http::ServerOptions server_options;
    server_options.tls = &tls;
    http::Server server(loop, server_options,
                        [](const http::Request&, const http::Peer&, http::Responder responder) {
                          http::Response response;
                          response.body = standby;
                          responder.send(response);
                        });
    REQUIRE(server.listen(loop::loopback()));
    configure(config);
    // A machine at its limit may not be done with TLS in the time that a member has.
    bool is_answered = false;
    for (int i = 0; i < 5 && !is_answered; ++i) {
      is_answered = ask(peer_at(server.address(), "https")).status.has_value();
    }
    return is_answered;
  };
  AgentConfig config;
  config.restapi.cafile = certificates.pem("ca");
  CHECK(answers("pg2", config, false));
  CHECK(answers("stranger", config, false));
  CHECK_FALSE(answers("pg2", config, true));
  config.ctl.certfile = certificates.pem("pg1");
  config.ctl.keyfile = certificates.key("pg1");
  CHECK(answers("pg2", config, true));
  CHECK_FALSE(answers("stranger", config, false));

  certificates.run("openssl pkey -aes128 -passout pass:opensesame -in " + config.ctl.keyfile +
                   " -out locked.key");
  config.ctl.keyfile = certificates.key("locked");
  CHECK_FALSE(answers("pg2", config, true));
  config.ctl.keyfile_password = "opensesame";
  CHECK(answers("pg2", config, true));
}

TEST_CASE_METHOD(Asking, "where the REST API says nothing, a PostgreSQL that is a primary is told of",
                 "[agent][peer_asker]") {
  postgres::PostgresProcess server;
  postgres::ConnectionThreads own;
  std::string system;
  const auto sql = [&](const std::string& statement) {
    struct Deaf final : postgres::ConnectionCallbacks {
      void on_connected(const postgres::Session&) override {}
      void on_notice(const postgres::ErrorResponse&) override {}
      void on_closed(const postgres::Failure&) override {}
    } deaf;
    postgres::Connection connection(loop, own, {.parameters = server.by_socket()}, deaf);
    std::optional<postgres::Answer> answer;
    connection.ask({statement}, {.deadline = 20s}, [&](postgres::Answer told) { answer = std::move(told); });
    REQUIRE(run_until([&] { return answer.has_value(); }));
    REQUIRE(answer->has_value());
    return answer->value().front();
  };
  system = sql("SELECT system_identifier FROM pg_control_system()").rows.at(0).at(0).value();
  (void)sql("ALTER USER postgres PASSWORD '" + std::string(password) + "'");

  const UniqueFd closed = loop::closed_port();
  Upstream peer = peer_at(loop::socket_address(closed.get()));
  peer.port = static_cast<std::uint16_t>(std::stoi(server.port()));
  ha::PeerAnswer answer = ask(peer);
  REQUIRE(answer.status);
  CHECK(answer.status->server == Server::primary);
  CHECK_FALSE(answer.status->position);
  CHECK_FALSE(answer.status->is_agent);

  SECTION("also where the REST API takes the connection and says nothing") {
    const UniqueFd silent = loop::raw_server();
    peer.api_url = peer_at(loop::socket_address(silent.get())).api_url;
    answer = ask(peer);
    REQUIRE(answer.status);
    CHECK(answer.status->server == Server::primary);
    CHECK(took >= 900ms);
  }
  SECTION("a primary of another system is no peer's") {
    asker->expect_system(system);
    CHECK(ask(peer).status);
    asker->expect_system("43");
    CHECK_FALSE(ask(peer).status);
  }
  SECTION("where somebody else answers, only the system says whose it is") {
    http::ScriptedServer other(loop, {{.bytes = http_of(body(R"("location": 7)", "pg3"))}});
    peer.api_url = peer_at(other.address()).api_url;
    CHECK_FALSE(ask(peer).status);
    asker->expect_system(system);
    CHECK(ask(peer).status);
  }
  SECTION("for a switchover it is nobody") {
    std::optional<CandidateStatus> status;
    asker->ask_candidate(peer, [&](const CandidateStatus& told) { status = told; });
    REQUIRE(run_until([&] { return status.has_value(); }));
    CHECK_FALSE(status->is_reachable);
  }
  SECTION("one that does not answer is not") {
    server.stop_process(server.pid());
    CHECK_FALSE(ask(peer).status);
    CHECK(took < 3s);
    server.continue_process(server.pid());
  }
  SECTION("one that lets us not in is not") {
    (void)sql("ALTER USER postgres PASSWORD 'another'");
    CHECK_FALSE(ask(peer).status);
  }
}
