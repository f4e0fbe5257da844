#include "common/http/proxy_preface.h"

#include <catch2/catch.hpp>

#include "common/base/proxy_protocol.h"

namespace tamada::http {
namespace {

const Address balancer = *Address::from_ip("10.0.0.5", 40000);
const Address client = *Address::from_ip("192.0.2.7", 1234);
const Address server = *Address::from_ip("10.0.0.1", 7000);
const std::string request = "GET /ready HTTP/1.0\r\n\r\n";
const std::string v1 = "PROXY TCP4 192.0.2.7 10.0.0.1 1234 7000\r\n";
const std::string v2 = build_proxy_v2(client, server);
const std::string v2_local = build_proxy_v2({}, {});

using State = ProxyPreface::State;

ProxyPreface preface_of(bool expected) {
  return {balancer, expected, "stats.proxy_protocol_from"};
}

// What it comes to when the bytes come in two pieces, cut at every place, and one by one.
void check_all_cuts(bool expected, const std::string& bytes, State state, const Address& found,
                    const std::string& rest) {
  for (std::size_t cut = 0; cut <= bytes.size() + 1; ++cut) {
    INFO("cut at " << cut);
    ProxyPreface preface = preface_of(expected);
    State last = State::need_more;
    std::string behind;
    const auto feed = [&](std::string_view piece) {
      if (last == State::need_more) {
        last = preface.feed(piece);
      } else {
        behind += piece;
      }
    };
    if (cut > bytes.size()) {
      for (const char byte : bytes) feed({&byte, 1});
    } else {
      feed(std::string_view(bytes).substr(0, cut));
      feed(std::string_view(bytes).substr(cut));
    }
    CHECK(last == state);
    if (state != State::done) continue;
    CHECK(preface.client() == found);
    CHECK(preface.rest() + behind == rest);
  }
}

TEST_CASE("a header from a load balancer names the client, and the request follows", "[proxy_preface]") {
  check_all_cuts(true, v1 + request, State::done, client, request);
  check_all_cuts(true, v2 + request, State::done, client, request);
}

TEST_CASE("a check of the load balancer's own is the load balancer's", "[proxy_preface]") {
  check_all_cuts(true, v2_local + request, State::done, balancer, request);
  check_all_cuts(true, "PROXY UNKNOWN\r\n" + request, State::done, balancer, request);
}

TEST_CASE("without a header everything is the request, from whomever", "[proxy_preface]") {
  for (const bool expected : {true, false}) {
    for (const std::string& bytes :
         {request, std::string("PROPFIND / HTTP/1.1\r\n\r\n"), "\r\n" + request, "\r\n\r\n" + request,
          std::string("\x16\x03\x01\x02\x00\x01", 6), std::string("PROXYX"), std::string("nonsense")}) {
      check_all_cuts(expected, bytes, State::done, balancer, bytes);
    }
  }
}

TEST_CASE("a header from anybody else is refused, in words that say what to do", "[proxy_preface]") {
  for (const std::string& header : {v1, v2, v2_local}) {
    check_all_cuts(false, header + request, State::refused, {}, {});
    ProxyPreface preface = preface_of(false);
    CHECK(preface.feed(header) == State::refused);
    CHECK(preface.words() ==
          "a PROXY header from 10.0.0.5:40000, expected HTTP; stats.proxy_protocol_from does not name this "
          "address");
  }
}

TEST_CASE("a broken header is refused, and one that is not over is waited for", "[proxy_preface]") {
  ProxyPreface broken = preface_of(true);
  CHECK(broken.feed("PROXY TCP4 nowhere\r\n") == State::refused);
  CHECK(broken.words().find("PROXY protocol: \"PROXY TCP4 nowhere\"") == 0);
  ProxyPreface waits = preface_of(true);
  CHECK(waits.feed("PROXY TCP4 192.0.2.7") == State::need_more);
  CHECK(waits.feed(std::string(200, '1')) == State::refused);
}

}  // namespace
}  // namespace tamada::http
