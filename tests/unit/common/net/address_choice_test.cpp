#include "common/net/address_choice.h"

#include <catch2/catch.hpp>

namespace tamada {
namespace {

Address ip(const char* text, std::uint16_t port = 0) {
  return *Address::from_ip(text, port);
}

// An end point whose node answered at its first address.
AddressChoice answering_at(const char* address) {
  AddressChoice choice("pg1", 8008);
  choice.resolved({ip(address)});
  choice.answered(choice.current(), "node a");
  return choice;
}

TEST_CASE("a literal is itself, whatever happens", "[address_choice]") {
  for (const char* host : {"10.0.0.1", "::1"}) {
    AddressChoice choice(host, 8008);
    choice.failed(choice.current());
    choice.resolved({});
    choice.resolved({ip("10.0.0.9")});
    CHECK(choice.current() == ip(host, 8008));
    CHECK(choice.count() == 1);
  }
}

TEST_CASE("a name that was never resolved has no address", "[address_choice]") {
  AddressChoice choice("pg1", 8008);
  CHECK_FALSE(choice.current().is_set());
  choice.resolved({});
  choice.failed(ip("10.0.0.1"));
  choice.answered(ip("10.0.0.1"), "node a");
  CHECK_FALSE(choice.current().is_set());
  CHECK(choice.count() == 0);
}

TEST_CASE("the resolver's first address is taken, with the end point's port", "[address_choice]") {
  AddressChoice choice("pg1", 8008);
  choice.resolved({ip("2001:db8::1"), ip("10.0.0.1")});
  CHECK(choice.current().to_string() == "[2001:db8::1]:8008");
  CHECK(choice.count() == 2);
}

TEST_CASE("a good address is kept while the name vanishes or leads elsewhere", "[address_choice]") {
  AddressChoice choice = answering_at("10.0.0.1");
  choice.resolved({});
  CHECK(choice.current().ip() == "10.0.0.1");
  choice.resolved({ip("10.0.0.2")});
  CHECK(choice.current().ip() == "10.0.0.1");
  choice.answered(choice.current(), "node a");
  CHECK(choice.current().ip() == "10.0.0.1");
}

TEST_CASE("when the old address fails, the one the name leads to is taken at once", "[address_choice]") {
  AddressChoice choice = answering_at("10.0.0.1");
  choice.resolved({ip("10.0.0.2")});
  choice.failed(ip("10.0.0.1", 8008));
  CHECK(choice.current().ip() == "10.0.0.2");
}

TEST_CASE("an address that failed gives way as soon as the name leads elsewhere", "[address_choice]") {
  AddressChoice choice = answering_at("10.0.0.1");
  choice.failed(choice.current());
  CHECK(choice.current().ip() == "10.0.0.1");  // nothing better is known
  choice.resolved({ip("10.0.0.2")});
  CHECK(choice.current().ip() == "10.0.0.2");
}

TEST_CASE("an address that failed while its name was gone is not clung to when somebody answers there",
          "[address_choice]") {
  AddressChoice choice = answering_at("10.0.0.1");
  choice.resolved({});
  choice.failed(choice.current());
  choice.answered(choice.current(),
                  "node a");  // a name server that was down, or a neighbour with our address
  CHECK(choice.current().ip() == "10.0.0.1");
  choice.resolved({ip("10.0.0.2")});
  CHECK(choice.current().ip() == "10.0.0.2");
}

TEST_CASE("an address that answers as another node is left for where the name leads", "[address_choice]") {
  AddressChoice choice = answering_at("10.0.0.1");
  choice.resolved({ip("10.0.0.2")});
  choice.answered(choice.current(), "node b");
  CHECK(choice.current().ip() == "10.0.0.2");
}

TEST_CASE("who answers is told apart from who answered before", "[address_choice]") {
  AddressChoice choice("pg1", 8008);
  choice.resolved({ip("10.0.0.1")});
  CHECK_FALSE(choice.answered(choice.current(), "node a"));
  CHECK_FALSE(choice.answered(choice.current(), "node a"));
  CHECK_FALSE(choice.answered(choice.current(), ""));
  CHECK(choice.answered(choice.current(), "node b"));
  CHECK_FALSE(choice.answered(choice.current(), "node b"));
}

TEST_CASE("a node that is renamed where its name leads stays", "[address_choice]") {
  AddressChoice choice = answering_at("10.0.0.1");
  choice.answered(choice.current(), "node b");
  CHECK(choice.current().ip() == "10.0.0.1");
  choice.resolved({ip("10.0.0.2")});
  CHECK(choice.current().ip() == "10.0.0.1");
}

TEST_CASE("of several addresses the others are tried in turn when one fails", "[address_choice]") {
  AddressChoice choice("pg1", 8008);
  choice.resolved({ip("::1"), ip("10.0.0.1"), ip("10.0.0.2")});
  choice.failed(choice.current());
  CHECK(choice.current().ip() == "10.0.0.1");
  choice.failed(choice.current());
  CHECK(choice.current().ip() == "10.0.0.2");
  choice.failed(choice.current());
  CHECK(choice.current().ip() == "::1");
}

TEST_CASE("the order of the resolver's answers moves nothing", "[address_choice]") {
  AddressChoice choice("pg1", 8008);
  choice.resolved({ip("10.0.0.1"), ip("10.0.0.2")});
  choice.resolved({ip("10.0.0.2"), ip("10.0.0.1")});
  CHECK(choice.current().ip() == "10.0.0.1");
}

TEST_CASE("a late failure of an address no longer in use changes nothing", "[address_choice]") {
  AddressChoice choice("pg1", 8008);
  choice.resolved({ip("10.0.0.1"), ip("10.0.0.2")});
  choice.failed(choice.current());
  choice.failed(ip("10.0.0.1", 8008));
  CHECK(choice.current().ip() == "10.0.0.2");
}

}  // namespace
}  // namespace tamada
