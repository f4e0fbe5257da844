#include "common/http/url.h"

#include <catch2/catch.hpp>

using namespace tamada;
using http::Url;

namespace {

std::string words_of(const char* text) {
  auto url = Url::parse(text);
  return url ? "(accepted)" : url.error().message;
}

}  // namespace

TEST_CASE("a URL is taken apart", "[url]") {
  const Url url = Url::parse("http://patroni1:8008/cluster?lag=16MB").value();
  CHECK_FALSE(url.tls);
  CHECK(url.host == "patroni1");
  CHECK(url.port == 8008);
  CHECK(url.path == "/cluster");
  CHECK(url.query == "lag=16MB");
  CHECK(url.authority() == "patroni1:8008");
  CHECK(url.target() == "/cluster?lag=16MB");
  CHECK(url.to_string() == "http://patroni1:8008/cluster?lag=16MB");
}

TEST_CASE("what a URL leaves out has its usual value", "[url]") {
  const Url plain = Url::parse("HTTP://pg1").value();
  CHECK(plain.port == 80);
  CHECK(plain.target() == "/");
  CHECK(plain.authority() == "pg1");
  const Url secure = Url::parse("https://pg1?x").value();
  CHECK(secure.tls);
  CHECK(secure.port == 443);
  CHECK(secure.target() == "/?x");
  CHECK(secure.to_string() == "https://pg1/?x");
  CHECK(Url::parse("https://pg1:80").value().authority() == "pg1:80");
}

TEST_CASE("an IPv6 address stands in brackets in a URL", "[url]") {
  const Url url = Url::parse("https://[2001:db8::1]:2379/v3").value();
  CHECK(url.host == "2001:db8::1");
  CHECK(url.port == 2379);
  CHECK(url.authority() == "[2001:db8::1]:2379");
  CHECK(Url::parse("http://[::1]").value().authority() == "[::1]");
  CHECK(words_of("http://::1/") ==
        "\"http://::1/\": an IPv6 address without brackets; expected for instance \"http://host:8008\"");
}

TEST_CASE("a URL that cannot be meant is refused with the reason", "[url]") {
  CHECK(words_of("pg1:8008") == "\"pg1:8008\": no scheme; expected for instance \"http://host:8008\"");
  CHECK(words_of("ftp://pg1").find("unknown scheme \"ftp\", neither http nor https") != std::string::npos);
  CHECK(words_of("http://").find("no host") != std::string::npos);
  CHECK(words_of("http://:80").find("no host") != std::string::npos);
  CHECK(words_of("http://pg1:").find("no port after the colon") != std::string::npos);
  CHECK(words_of("http://pg1:99999").find("bad port \"99999\"") != std::string::npos);
  CHECK(words_of("http://[::1").find("no closing ]") != std::string::npos);
  CHECK(words_of("http://pg1/#top").find("a fragment") != std::string::npos);
  CHECK(words_of("http://pg1/a b") == "a URL with a blank, a control character or a letter outside ASCII");
  CHECK(words_of("http://pg1/\r\nX: y") != "(accepted)");
}

TEST_CASE("credentials in a URL are refused and not repeated in the error", "[url]") {
  CHECK(words_of("http://me:secret@pg1/") ==
        "a URL with credentials in it; give user and password by their own settings");
}
