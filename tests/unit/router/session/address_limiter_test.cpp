#include "router/session/address_limiter.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;
using Place = AddressLimiter::Place;

namespace {

constexpr ListenerId write_port{1};
constexpr ListenerId read_port{2};
const Address one = *Address::from_ip("198.51.100.9", 1000);
const Address other = *Address::from_ip("198.51.100.10", 1000);

// Connections of one after the other, on the write port unless said otherwise.
struct Fixture {
  AddressLimiter limiter;
  AddressLimits limits;
  AddressLimiter::Entry enter(const Address& client = one, ListenerId listener = write_port) {
    return limiter.enter(listener, "write", client, limits);
  }
  void move(Place from, Place to, const Address& client = one) { limiter.move(write_port, client, from, to); }
};

}  // namespace

TEST_CASE("an address has max_connections_per_address at a time, on each listener", "[address_limiter]") {
  Fixture fixture;
  fixture.limits.connections = 2;
  CHECK(fixture.enter().place == Place::starting);
  CHECK(fixture.enter().place == Place::starting);
  fixture.move(Place::starting, Place::running);
  const AddressLimiter::Entry third = fixture.enter();
  CHECK(third.place == Place::refused);
  CHECK(third.message == "198.51.100.9 has reached its limit of connections to listener \"write\" (2)");
  CHECK(third.hint == "close some, or raise max_connections_per_address of the listener");
  CHECK(fixture.enter(other).place == Place::starting);
  CHECK(fixture.enter(one, read_port).place == Place::starting);
  fixture.move(Place::running, Place::none);
  CHECK(fixture.enter().place == Place::starting);
}

TEST_CASE("an address has max_starting_per_address that have not finished their start-up",
          "[address_limiter]") {
  Fixture fixture;
  fixture.limits.starting = 1;
  CHECK(fixture.enter().place == Place::starting);
  const AddressLimiter::Entry second = fixture.enter();
  CHECK(second.place == Place::refused);
  CHECK(second.message ==
        "198.51.100.9 has reached its limit of connections to listener \"write\" that are starting (1)");
  fixture.move(Place::starting, Place::running);
  CHECK(fixture.enter().place == Place::starting);
}

TEST_CASE("few are told that they are refused at a time, and none of them counts", "[address_limiter]") {
  Fixture fixture;
  fixture.limits.connections = 1;
  CHECK(fixture.enter().place == Place::starting);
  for (std::uint32_t i = 0; i < AddressLimiter::told_at_a_time; ++i)
    CHECK(fixture.enter().place == Place::refused);
  const AddressLimiter::Entry silent = fixture.enter();
  CHECK(silent.place == Place::none);
  CHECK(silent.message == "198.51.100.9 has reached its limit of connections to listener \"write\" (1)");
  fixture.move(Place::refused, Place::none);
  CHECK(fixture.enter().place == Place::refused);
  fixture.move(Place::starting, Place::none);
  CHECK(fixture.enter().place == Place::starting);
}

TEST_CASE("nothing is kept of an address that has gone", "[address_limiter]") {
  Fixture fixture;
  fixture.limits.connections = 1;
  (void)fixture.enter();
  (void)fixture.enter();
  (void)fixture.enter(other);
  CHECK(fixture.limiter.size() == 2);
  fixture.move(Place::starting, Place::running);
  fixture.move(Place::running, Place::none);
  fixture.move(Place::refused, Place::none);
  fixture.move(Place::starting, Place::none, other);
  CHECK(fixture.limiter.size() == 0);
}
