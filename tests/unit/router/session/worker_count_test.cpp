#include "router/session/worker_count.h"

#include <catch2/catch.hpp>

#include "router/session/client_gate.h"
#include "router/session/client_limit.h"

using namespace tamada::router;

TEST_CASE("the default number of workers follows what the process may use", "[worker_count]") {
  CHECK(default_workers({8, std::nullopt}) == 8);
  CHECK(default_workers({8, 2.0}) == 2);
  CHECK(default_workers({8, 1.5}) == 2);
  CHECK(default_workers({8, 0.2}) == 1);
  CHECK(default_workers({2, 16.0}) == 2);
  CHECK(default_workers({0, std::nullopt}) == 1);
  CHECK(default_workers({1000, std::nullopt}) == 64);
}

TEST_CASE("the limit of open files bounds the clients, some being kept back", "[descriptor_limit]") {
  CHECK(client_limit(1024, 0) == 448);
  CHECK(client_limit(1024, 100) == 100);
  CHECK(client_limit(1024, 5000) == 448);
  CHECK(client_limit(4096, 0, 544) == 1712);  // what the statistics may take is set aside
  CHECK(client_limit(20, 0, 1000) == 5);
  CHECK(stats_limit(20'000, 1000, 1) == 1000);
  CHECK(stats_limit(4096, 1000, 1) == 512);
  CHECK(stats_limit(4096, 1000, 2) == 256);
  CHECK(stats_limit(64, 1000, 2) == 8);
  CHECK(stats_limit(64, 1000, 0) == 1000);
  CHECK(stats_descriptors(4096, 1000, 1, 1) == 544);
  CHECK(client_limit(20, 0) == 7);
  CHECK(client_limit(1, 0) == 1);
  CHECK(client_limit(1'073'741'816, 0) == 536'870'844);
}

TEST_CASE("a client goes to the worker with the fewest", "[client_gate]") {
  ClientGate gate(3);
  CHECK(gate.enter(1) == 1);
  CHECK(gate.enter(1) == 0);
  CHECK(gate.enter(1) == 2);
  CHECK(gate.enter(1) == 1);
  gate.leave(2);
  CHECK(gate.enter(0) == 2);
  CHECK(gate.clients(0) == 1);
  CHECK(gate.clients() == 4);
}

TEST_CASE("a small difference between busy workers is left alone", "[client_gate]") {
  ClientGate gate(2);
  for (int i = 0; i < 100; ++i) (void)gate.enter(0);
  CHECK(gate.clients(0) - gate.clients(1) == 4);
  CHECK(gate.enter(0) == 1);
  CHECK(gate.enter(0) == 0);
}

TEST_CASE("the gate is full at its limit", "[client_gate]") {
  ClientGate gate(2);
  gate.set_limit(2);
  (void)gate.enter(0);
  CHECK_FALSE(gate.is_full());
  (void)gate.enter(0);
  CHECK(gate.is_full());
  gate.leave(0);
  CHECK_FALSE(gate.is_full());
}
