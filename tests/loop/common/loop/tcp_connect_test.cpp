// Opening, and the errors of it.
#include <string>

#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"
#include "tests/support/recording_stream.h"

using namespace tamada;
using namespace tamada::loop;

TEST_CASE("a connected stream knows both its addresses", "[tcp_stream]") {
  LoopFixture test;
  const UniqueFd server = raw_server();
  const Address address = socket_address(server.get());
  RecordingStream client(test.loop);
  client.stream->connect(address, 5s);
  CHECK(client.stream->is_connecting());
  CHECK(client.events.empty());
  REQUIRE(test.run_until([&] { return client.connected.has_value(); }));
  CHECK(client.connected->has_value());
  CHECK(client.stream->is_open());
  CHECK(client.stream->peer_address() == address);
  const UniqueFd accepted = raw_accept(server);
  CHECK(socket_peer(accepted.get()) == client.stream->local_address());
}

TEST_CASE("a stream connects over IPv6", "[tcp_stream]") {
  LoopFixture test;
  const UniqueFd server(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address any = *Address::from_ip("::1", 0);
  REQUIRE(::bind(server.get(), any.data(), any.size()) == 0);
  REQUIRE(::listen(server.get(), 1) == 0);
  RecordingStream client(test.loop);
  client.stream->connect(socket_address(server.get()), 5s);
  REQUIRE(test.run_until([&] { return client.connected.has_value(); }));
  CHECK(client.connected->has_value());
  CHECK(client.stream->peer_address().to_string() ==
        "[::1]:" + std::to_string(socket_address(server.get()).port()));
}

TEST_CASE("a refused connection says who refused, and the stream may try again", "[tcp_stream]") {
  LoopFixture test;
  const UniqueFd nobody = closed_port();
  const Address address = socket_address(nobody.get());
  RecordingStream client(test.loop);
  client.stream->connect(address, 5s);
  REQUIRE(test.run_until([&] { return client.connected.has_value(); }));
  REQUIRE_FALSE(client.connected->has_value());
  CHECK(client.connected->error().kind == ErrorKind::refused);
  CHECK(client.connected->error().message ==
        "connect to " + address.to_string() + ": connection refused (ECONNREFUSED)");
  CHECK_FALSE(client.stream->is_open());
  CHECK(test.loop.open_handle_count(HandleKind::tcp_stream) == 0);

  const UniqueFd server = raw_server();
  client.connected.reset();
  client.stream->connect(socket_address(server.get()), 5s);
  REQUIRE(test.run_until([&] { return client.connected.has_value(); }));
  CHECK(client.connected->has_value());
  CHECK(client.events == "failed connected ");
}

TEST_CASE("a stream may call the next server from inside the refusal of the first", "[tcp_stream]") {
  LoopFixture test;
  const UniqueFd nobody = closed_port();
  const UniqueFd server = raw_server();
  RecordingStream client(test.loop);
  client.when_connected = [&] {
    if (!client.connected->has_value()) client.stream->connect(socket_address(server.get()), 5s);
  };
  client.stream->connect(socket_address(nobody.get()), 5s);
  REQUIRE(test.run_until([&] { return client.connected && client.connected->has_value(); }));
  CHECK(client.events == "failed connected ");
}

TEST_CASE("a connection that nobody answers ends with the time limit", "[tcp_stream]") {
  LoopFixture test;
  // A full backlog: the kernel drops further SYNs.
  const UniqueFd server = raw_server(0);
  const Address address = socket_address(server.get());
  std::vector<UniqueFd> fillers;
  for (int i = 0; i < 4; ++i) fillers.push_back(raw_client(address, true));

  RecordingStream client(test.loop);
  client.stream->connect(address, 50ms);
  REQUIRE(test.run_until([&] { return client.connected.has_value(); }));
  REQUIRE_FALSE(client.connected->has_value());
  CHECK(client.connected->error() ==
        Error{ErrorKind::timeout, "connect to " + address.to_string() + ": no answer within 50 ms"});
  CHECK(client.events == "failed ");
}

TEST_CASE("what cannot even be begun is told in a later turn", "[tcp_stream]") {
  LoopFixture test;
  RecordingStream client(test.loop);
  // TCP to a multicast address: no route for it.
  client.stream->connect(*Address::from_ip("224.0.0.1", 1), 5s);
  CHECK(client.events.empty());
  REQUIRE(test.run_until([&] { return client.connected.has_value(); }));
  REQUIRE_FALSE(client.connected->has_value());
  CHECK(client.connected->error().kind == ErrorKind::unreachable);
  CHECK(client.connected->error().message == "connect to 224.0.0.1:1: network is unreachable (ENETUNREACH)");
}

TEST_CASE("closing or destroying a stream while it connects silences it", "[tcp_stream]") {
  LoopFixture test;
  const UniqueFd server = raw_server();
  const UniqueFd nobody = closed_port();
  for (const Address& address : {socket_address(server.get()), socket_address(nobody.get())}) {
    RecordingStream closed(test.loop);
    RecordingStream destroyed(test.loop);
    closed.stream->connect(address, 5s);
    destroyed.stream->connect(address, 5s);
    closed.stream->close();
    destroyed.stream.reset();
    test.run_for(20ms);
    CHECK(closed.events.empty());
    CHECK(destroyed.events.empty());
  }
}

TEST_CASE("a stream may be destroyed inside on_connected, whatever the answer", "[tcp_stream]") {
  LoopFixture test;
  const UniqueFd server = raw_server();
  const UniqueFd nobody = closed_port();
  for (const Address& address : {socket_address(server.get()), socket_address(nobody.get())}) {
    RecordingStream client(test.loop);
    client.when_connected = [&] { client.stream.reset(); };
    client.stream->connect(address, 5s);
    REQUIRE(test.run_until([&] { return client.connected.has_value(); }));
    test.run_turns();
    CHECK(client.stream == nullptr);
  }
}

TEST_CASE("a socket that the kernel has connected to itself is recognised", "[tcp_stream]") {
  const UniqueFd self = closed_port();
  const Address address = socket_address(self.get());
  REQUIRE(::connect(self.get(), address.data(), address.size()) == 0);
  CHECK(is_connected_to_itself(self.get(), address));
  auto [one, other] = connected_pair();
  CHECK_FALSE(is_connected_to_itself(one.get(), socket_peer(one.get())));
  CHECK_FALSE(is_connected_to_itself(other.get(), socket_peer(other.get())));
}
