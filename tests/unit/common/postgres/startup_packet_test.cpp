#include "common/postgres/startup_packet.h"

#include "common/postgres/error_response.h"
#include "tests/support/every_cut.h"

using namespace tamada;
using namespace tamada::postgres;
using namespace std::string_literals;

namespace {

FirstPacket whole(std::string_view packet) {
  return value_at_every_cut<FirstPacket>(packet, parse_first_packet);
}

Error wrong(std::string_view packet, std::size_t known_from) {
  return error_from<FirstPacket>(packet, known_from, parse_first_packet);
}

std::string packet_of(std::uint32_t length, std::string_view rest) {
  std::string packet;
  append_u32(packet, length);
  return packet.append(rest);
}

std::string startup_of(std::string_view body) {
  return packet_of(static_cast<std::uint32_t>(body.size() + 8), "\0\3\0\0"s.append(body));
}

}  // namespace

TEST_CASE("the requests without a body are read the same however they are cut", "[startup_packet]") {
  CHECK(build_ssl_request() == "\0\0\0\x08\x04\xd2\x16\x2f"s);
  CHECK(build_gss_enc_request() == "\0\0\0\x08\x04\xd2\x16\x30"s);
  CHECK(whole(build_ssl_request()) == FirstPacket{SslRequest{}, 8});
  CHECK(whole(build_gss_enc_request()) == FirstPacket{GssEncRequest{}, 8});
}

TEST_CASE("a CancelRequest carries keys of 4 to 256 bytes", "[startup_packet]") {
  const std::string old = build_cancel_request({4711, "k\0e\xff"s});
  CHECK(old == "\0\0\0\x10\x04\xd2\x16\x2e\0\0\x12\x67k\0e\xff"s);
  for (const std::size_t size : {4U, 5U, 32U, 256U}) {
    const CancelRequest request{0x80000001, std::string(size, '\x9c')};
    CHECK(whole(build_cancel_request(request)) == FirstPacket{request, 12 + size});
  }
}

TEST_CASE("a CancelRequest with a key of another size is refused by its length alone", "[startup_packet]") {
  const std::string code = "\x04\xd2\x16\x2e"s;
  CHECK(wrong(packet_of(15, code + "\0\0\0\1abc"s), 8).message ==
        "a CancelRequest of 15 bytes, expected 16 to 268");
  CHECK(wrong(packet_of(269, code + "\0\0\0\1abc"s), 8).message ==
        "a CancelRequest of 269 bytes, expected 16 to 268");
  CHECK(wrong(packet_of(8, code), 8).message == "a CancelRequest of 8 bytes, expected 16 to 268");
}

TEST_CASE("a StartupMessage is read the same however it is cut", "[startup_packet]") {
  const StartupMessage message{3,
                               2,
                               {{"user", "anna"},
                                {"database", "orders"},
                                {"application_name", ""},
                                {"replication", "database"},
                                {"options", "-c search_path=a\\ b"},
                                {"_pq_.greased", "1"},
                                {"user", "berta"}}};
  const std::string packet = build_startup_message(message);
  const FirstPacket first = whole(packet);
  CHECK(first == FirstPacket{message, packet.size()});

  const auto* read = first.get<StartupMessage>();
  REQUIRE(read != nullptr);
  CHECK(read->parameter("user") == "berta");  // as the server: the last one counts
  CHECK(read->parameter("application_name") == "");
  CHECK_FALSE(read->parameter("password"));
  CHECK(read->database() == "orders");
}

TEST_CASE("the database is the user's name unless one is given", "[startup_packet]") {
  CHECK(StartupMessage{3, 0, {{"user", "anna"}}}.database() == "anna");
  CHECK(StartupMessage{3, 0, {{"user", "anna"}, {"database", ""}}}.database() == "anna");
  CHECK(StartupMessage{}.database().empty());
}

TEST_CASE("a StartupMessage without parameters and one of an unknown minor version pass",
          "[startup_packet]") {
  CHECK(whole(startup_of("\0"s)) == FirstPacket{StartupMessage{}, 9});
  CHECK(whole("\0\0\0\x09\0\3\x27\x0f\0"s) == FirstPacket{StartupMessage{3, 9999, {}}, 9});
}

TEST_CASE("the longest packet is the one the server takes", "[startup_packet]") {
  const std::string text(startup_packet_max - 8 - 9, 'x');  // "options" 0 ... 0, less one zero for the end
  const std::string longest = startup_of("options\0"s + text.substr(1) + "\0\0"s);
  REQUIRE(longest.size() == startup_packet_max);
  CHECK(whole(longest).size == startup_packet_max);
}

TEST_CASE("a wrong length is refused from the fourth byte on", "[startup_packet]") {
  const Error two_gb = wrong("\x7f\xff\xff\xff\0\3\0\0"s, 4);
  CHECK(two_gb.kind == ErrorKind::too_large);
  CHECK(two_gb.message ==
        "the first packet's length is 2147483647, expected 8 to 10004: "
        "not a PostgreSQL client (first bytes \"\\x7f\\xff\\xff\\xff\")");
  CHECK(wrong("\0\0\x27\x15\0\3\0\0"s, 4).kind == ErrorKind::too_large);
  CHECK(wrong("\xff\xff\xff\xff"s, 4).kind == ErrorKind::too_large);
  for (const char length : {'\0', '\1', '\4', '\7'}) {
    const Error error = wrong("\0\0\0"s + length + "\0\3\0\0"s, 4);
    CHECK(error.kind == ErrorKind::invalid);
    CHECK(error.message.find("expected 8 to 10004") != std::string::npos);
  }
}

TEST_CASE("a malformed StartupMessage says what is wrong", "[startup_packet]") {
  const auto message_of = [](std::string_view body) {
    const std::string packet = startup_of(body);
    return wrong(packet, packet.size()).message;
  };
  CHECK(message_of("") == "the StartupMessage does not end with a zero byte");
  CHECK(message_of("user") == "the StartupMessage does not end with a zero byte");
  CHECK(message_of("user\0anna\0"s) == "the StartupMessage does not end with a zero byte");
  CHECK(message_of("us\ner\0anna"s) == "the StartupMessage's parameter \"us\\x0aer\" has no value");
  CHECK(message_of("user\0anna\0\0more\0"s) == "the StartupMessage has 5 bytes after its end");
}

TEST_CASE("what is no protocol 3 is refused by its code", "[startup_packet]") {
  CHECK(wrong("\0\0\1\x28\0\2\0\0"s, 8).message ==
        "unsupported frontend protocol 2.0: only 3.x is spoken here");
  CHECK(wrong("\0\0\0\x09\0\4\0\1\0"s, 8).message ==
        "unsupported frontend protocol 4.1: only 3.x is spoken here");
  CHECK(wrong("\0\0\0\x08\0\0\0\0"s, 8).message ==
        "unsupported frontend protocol 0.0: only 3.x is spoken here");
  CHECK(wrong("\0\0\0\x08\x04\xd2\x16\x31"s, 8).message == "unknown request code 1234.5681");
  CHECK(wrong("\0\0\0\x09\x04\xd2\x16\x2f\0"s, 8).message == "an SSLRequest of 9 bytes, expected 8");
  CHECK(wrong("\0\0\x20\0\x04\xd2\x16\x30"s, 8).message == "a GSSENCRequest of 8192 bytes, expected 8");
}

TEST_CASE("a TLS ClientHello is known by its record header and left to the server", "[startup_packet]") {
  const std::string hello = "\x16\x03\x01\x02\x00\x01"s;
  CHECK(whole(hello) == FirstPacket{DirectTls{}, 0});
  CHECK(whole("\x16\x03\x03\x00\x01\x01"s) == FirstPacket{DirectTls{}, 0});
}

TEST_CASE("a first byte of TLS without a ClientHello is refused at the byte that tells", "[startup_packet]") {
  CHECK(wrong("\x16\x05\x01\x02\x00\x01"s, 2).message ==
        "the first byte is that of a TLS handshake, but no ClientHello follows (first bytes "
        "\"\\x16\\x05\\x01\\x02\\x00\\x01\")");
  wrong("\x16\x03\x05\x02\x00\x01"s, 3);
  wrong("\x16\x03\x01\x00\x00\x01"s, 5);
  wrong("\x16\x03\x01\xff\x00\x01"s, 5);
  wrong("\x16\x03\x01\x02\x00\x02"s, 6);
}

TEST_CASE("other protocols are named, with what helps", "[startup_packet]") {
  CHECK(wrong("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 4).message ==
        "this is an HTTP request (\"GET /metrics HTTP/1.1\") on a PostgreSQL port; "
        "the statistics page is on another port (stats.bind, usually 7000)");
  for (const std::string_view start :
       {"HEAD / ", "POST / ", "PUT / H", "DELETE ", "OPTIONS", "PATCH /", "CONNECT", "TRACE /", "PRI * H"}) {
    CHECK(wrong(start, 4).message.starts_with("this is an HTTP request"));
  }
  CHECK(wrong("SSH-2.0-OpenSSH_9.2\r\n", 4).message == "this is an SSH client on a PostgreSQL port");
  const std::string proxy =
      "this is a PROXY protocol header, which is not expected from this address; "
      "let the listener accept it from there, or switch it off in the sender";
  CHECK(wrong("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", 4).message == proxy);
  CHECK(wrong("\r\n\r\n\0\r\nQUIT\n"s, 4).message == proxy);
  CHECK(wrong("*1\r\n$4\r\nPING\r\n", 4)
            .message.find("not a PostgreSQL client (first bytes \"*1\\x0d\\x0a\")") != std::string::npos);
}

TEST_CASE("a refusal is written in the peer's own protocol, or not at all", "[startup_packet]") {
  const auto refusal = [](std::string_view received) {
    const auto parsed = parse_first_packet(as_bytes(received));
    REQUIRE(std::holds_alternative<Error>(parsed));
    return refusal_of(as_bytes(received), std::get<Error>(parsed));
  };
  const auto sqlstate = [&](std::string_view received) {
    const auto parsed = parse_error_response(as_bytes(refusal(received)));
    REQUIRE(std::holds_alternative<ErrorResponse>(parsed));
    return std::get<ErrorResponse>(parsed).sqlstate;
  };
  CHECK(sqlstate(startup_of("user")) == "08P01");
  CHECK(sqlstate("\0\0\x27\x15\0\3\0\0"s) == "08P01");  // just too long
  CHECK(sqlstate("\0\0\0\x09\0\4\0\0\0"s) == "0A000");
  CHECK(sqlstate("\0\0\0\x08\x04\xd2\x16\x31"s) == "08P01");
  CHECK(refusal("\0\0\1\x28\0\2\0\0"s) ==
        "EFATAL:  unsupported frontend protocol 2.0: only 3.x is spoken here\n\0"s);
  CHECK(refusal("\x7f\xff\xff\xff"s).empty());
  CHECK(refusal("SSH-2.0-x\r\n").empty());
  CHECK(refusal("\x16\x05").empty());
  const std::string http = refusal("GET / HTTP/1.0\r\n\r\n");
  CHECK(http.starts_with("HTTP/1.0 400 Bad Request\r\n"));
  const auto body = http.find("\r\n\r\n") + 4;
  CHECK(http.find("Content-Length: " + std::to_string(http.size() - body) + "\r\n") != std::string::npos);
  CHECK(http.substr(body).starts_with("this is an HTTP request (\"GET / HTTP/1.0\")"));
}

TEST_CASE("a zero byte in a parameter ends it instead of adding another", "[startup_packet]") {
  const auto packet = build_startup_message({3, 0, {{"user", "anna\0database\0secret"s}}});
  CHECK(whole(packet) == FirstPacket{StartupMessage{3, 0, {{"user", "anna"}}}, packet.size()});
}
