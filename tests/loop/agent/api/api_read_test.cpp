#include <nlohmann/json.hpp>

#include "common/patroni/node_status.h"
#include "tests/loop/agent/api/api_fixture.h"

using namespace tamada;
using namespace tamada::agent;
using nlohmann::json;

TEST_CASE_METHOD(Serving, "before the first snapshot every request has 503", "[agent][api]") {
  serve();
  CHECK(ask("GET", "/patroni").status == 503);
  CHECK(ask("GET", "/primary").status == 503);
  CHECK(ask("POST", "/restart").status == 503);
}

TEST_CASE_METHOD(Serving, "pages are answered from the newest snapshot", "[agent][api]") {
  serve();
  publish(agent_leader());
  const Reply status = ask("GET", "/patroni");
  CHECK(status.status == 200);
  CHECK(status.head.find("Content-Type: application/json\r\n") != std::string::npos);
  const auto parsed = patroni::parse_node_status(status.body);
  REQUIRE(parsed);
  CHECK(parsed->role == patroni::NodeRole::primary);
  CHECK(parsed->location == 5000);
  // On a machine that is slow its facts were old, and it asked for new ones; the other pages never ask.
  const auto asked = backend.queries;
  CHECK(ask("GET", "/primary").status == 200);
  CHECK(ask("GET", "/metrics").head.find("Content-Type: text/plain\r\n") != std::string::npos);
  CHECK(ask("GET", "/config").body == R"({"ttl": 30})");
  publish(agent_replica());
  CHECK(ask("GET", "/primary").status == 503);
  CHECK(ask("GET", "/replica").status == 200);
  CHECK(backend.queries == asked);
  CHECK(backend.readings == 0);
}

TEST_CASE_METHOD(Serving, "a lock that runs out while nothing new is published counts no more",
                 "[agent][api]") {
  serve();
  NodeSnapshot snapshot = made_now(agent_leader());
  snapshot.lock_valid_until = loop::boot_now() + 300ms;
  api->publish(std::make_shared<const NodeSnapshot>(snapshot));
  CHECK(ask("GET", "/primary").status == 200);
  CHECK(run_until([&] { return ask("GET", "/primary").status == 503; }));
  CHECK(loop::boot_now() >= snapshot.lock_valid_until);
  CHECK(ask("GET", "/leader").status == 503);
  CHECK(json::parse(ask("GET", "/patroni").body).at("role") == "demoted");
}

TEST_CASE_METHOD(Serving, "HEAD and OPTIONS, and the probes, get the status line alone", "[agent][api]") {
  serve();
  publish(agent_leader());
  const std::string good = "HTTP/1.0 200 OK\r\n\r\n";
  const std::string bad = "HTTP/1.0 503 Service Unavailable\r\n\r\n";
  CHECK(answer(request("OPTIONS", "/")) == good);
  CHECK(answer(request("OPTIONS", "/replica")) == bad);
  CHECK(answer(request("HEAD", "/primary")) == good);
  CHECK(answer(request("HEAD", "/patroni")) == bad);
  CHECK(answer(request("GET", "/liveness")) == good);
  CHECK(answer(request("GET", "/readiness")) == good);
  CHECK(answer("HEAD /primary HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") == good);
}

TEST_CASE_METHOD(Serving, "HTTP/1.1 keeps a connection for many requests, HTTP/1.0 closes it",
                 "[agent][api]") {
  serve();
  publish(agent_leader());
  const std::string one = "GET /primary HTTP/1.1\r\nHost: a\r\n\r\n";
  http::RawClient client(loop, address(), one + one + "HEAD /replica HTTP/1.1\r\nHost: a\r\n\r\n" + one);
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (auto at = client.got.find(part); at != std::string::npos; at = client.got.find(part, at + 1))
      ++found;
    return found;
  };
  CHECK(run_until([&] {
    return count("HTTP/1.1 200 OK\r\n") == 3 && count("HTTP/1.1 503 Service Unavailable\r\n\r\n") == 1;
  }));
  CHECK_FALSE(client.ended);
  CHECK(ask("GET", "/primary").head.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE_METHOD(Serving, "a client that resets after the status line harms nobody", "[agent][api]") {
  serve();
  publish(agent_leader());
  for (int i = 0; i < 20; ++i) {
    http::RawClient client(loop, address(), request("OPTIONS", "/primary"));
    REQUIRE(run_until([&] { return client.got.find("200 OK") != std::string::npos; }));
    client.reset();
  }
  CHECK(ask("GET", "/primary").status == 200);
}

TEST_CASE_METHOD(Serving, "silent and slow clients harm nobody", "[agent][api]") {
  ApiOptions options;
  options.max_connections = 8;
  options.request_timeout = 500ms;
  serve(options);
  publish(agent_leader());
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(loop::raw_client(address()));
    loop::raw_send(silent.back(), i % 2 == 0 ? "" : "GET /primary HT");
  }
  CHECK(run_until([&] { return ask("GET", "/primary").status == 200; }));
  CHECK_SOON(api->counters().connections == 0);  // each within its time
}

TEST_CASE_METHOD(Serving, "while nobody leads, peers wait for a query of their own", "[agent][api]") {
  serve();
  NodeSnapshot vacant = agent_replica();
  vacant.cluster->leader.reset();
  publish(vacant);

  backend.is_late = true;
  http::RawClient first(loop, address(), request("GET", "/patroni"));
  REQUIRE(run_until([&] { return backend.queries == 1; }));
  // Who comes while a query is under way shares the next one.
  http::RawClient second(loop, address(), request("GET", "/patroni"));
  http::RawClient third(loop, address(), request("GET", "/patroni"));
  CHECK(run_until([&] { return api->counters().requests == 3; }));
  CHECK(backend.queries == 1);
  CHECK(first.got.empty());

  NodeSnapshot fresh = made_now(vacant);
  fresh.server.facts->asked_at = loop::boot_now();
  fresh.server.facts->replayed = 4600;
  backend.queried = std::make_shared<const NodeSnapshot>(fresh);
  backend.deliver_all();
  REQUIRE(run_until([&] { return first.ended; }));
  CHECK(json::parse(parse(first.got).body).at("xlog").at("replayed_location") == 4600);
  CHECK(backend.queries == 2);
  CHECK(second.got.empty());
  backend.deliver_all();
  REQUIRE(run_until([&] { return second.ended && third.ended; }));
  CHECK(json::parse(parse(second.got).body).contains("xlog"));

  // Health checks wait for nobody.
  CHECK(ask("GET", "/replica").status == 200);
  CHECK(backend.queries == 2);
}

TEST_CASE_METHOD(Serving, "a query that does not come back in time leaves a status without positions",
                 "[agent][api]") {
  ApiOptions options;
  options.query_timeout = 50ms;
  serve(options);
  NodeSnapshot vacant = agent_replica();
  vacant.cluster->leader.reset();
  publish(vacant);
  backend.is_late = true;
  const Reply late = ask("GET", "/patroni");
  CHECK(late.status == 200);
  CHECK_FALSE(json::parse(late.body).contains("xlog"));
  CHECK(json::parse(late.body).at("cluster_unlocked") == true);
  backend.deliver_all();  // too late for anybody
  run_turns();
}

TEST_CASE_METHOD(Serving, "the cluster is read anew for who asks for it", "[agent][api]") {
  serve();
  publish(agent_leader());
  NodeSnapshot read = made_now(agent_leader());
  read.cluster->members.resize(2);
  backend.read = std::make_shared<const NodeSnapshot>(read);
  CHECK(json::parse(ask("GET", "/cluster").body).at("members").size() == 2);
  CHECK(backend.readings == 1);
  backend.read = nullptr;  // etcd does not answer
  CHECK(ask("GET", "/cluster").status == 503);
  CHECK(ask("GET", "/history").body == "[]");  // the view still holds
}

TEST_CASE_METHOD(Serving, "headers and server's name are as configured", "[agent][api]") {
  ApiOptions options;
  options.http_extra_headers = {{"X-Frame-Options", "SAMEORIGIN"}};
  options.https_extra_headers = {{"Strict-Transport-Security", "max-age=1"}};
  options.server_tokens = ServerTokens::minimal;
  serve(options);
  publish(agent_leader());
  const Reply reply = ask("GET", "/patroni");
  CHECK(reply.head.find("X-Frame-Options: SAMEORIGIN\r\n") != std::string::npos);
  CHECK(reply.head.find("Server: Patroni/4.1.4\r\n") != std::string::npos);
  CHECK(reply.head.find("Strict-Transport-Security") == std::string::npos);
  options.server_tokens = ServerTokens::product_only;
  REQUIRE(api->configure(options));
  CHECK(ask("GET", "/nothing").head.find("Server: Patroni\r\n") != std::string::npos);
  options.http_extra_headers = {{"Bad Name", "x"}};
  CHECK_FALSE(api->configure(options));
  options.http_extra_headers = {{"X", "a\r\nb"}};
  CHECK_FALSE(api->configure(options));
  CHECK(ask("GET", "/patroni").head.find("X-Frame-Options: SAMEORIGIN\r\n") != std::string::npos);
}

TEST_CASE_METHOD(Serving, "addresses that stay keep their connections, others are left", "[agent][api]") {
  serve();
  publish(agent_leader());
  const Address first = address();
  http::RawClient kept(loop, first, "GET /primary HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return kept.got.find("200 OK") != std::string::npos; }));
  REQUIRE(api->listen({loop::loopback(), *Address::from_ip("127.0.0.2", 0)}));
  CHECK(api->addresses().size() == 2);
  CHECK(api->addresses()[0] == first);
  const UniqueFd taken = loop::raw_server();
  CHECK_FALSE(api->listen({loop::socket_address(taken.get())}));
  CHECK(api->addresses().size() == 2);
  kept.got.clear();
  kept.say("GET /primary HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(run_until([&] { return kept.got.find("200 OK") != std::string::npos; }));
  REQUIRE(api->listen({*Address::from_ip("127.0.0.2", 0)}));
  REQUIRE(run_until([&] { return kept.ended || !kept.broken.empty(); }));
  CHECK(api->addresses().size() == 1);
  CHECK(ask("GET", "/primary").status == 200);
}
