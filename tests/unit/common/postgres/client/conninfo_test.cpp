#include "common/postgres/client/conninfo.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::postgres;

namespace {

// "host/address:port" of each attempt, with what target_session_attrs says.
std::vector<std::string> words_of(const std::vector<Conninfo>& attempts) {
  std::vector<std::string> words;
  for (Conninfo one : attempts) {
    words.push_back(one["host"] + "/" + one["hostaddr"] + ":" + one["port"] + " " +
                    one["target_session_attrs"]);
  }
  return words;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a connection string is read by libpq's rules, as a list and as a URI", "[conninfo]") {
  CHECK(parse_conninfo("host=a port=5432 password='b \\'c'").value() ==
        Conninfo{{"host", "a"}, {"port", "5432"}, {"password", "b 'c"}});
  CHECK(parse_conninfo("postgresql://u:p%20w@a:1,b:2/db?sslmode=require").value() ==
        Conninfo{{"host", "a,b"},
                 {"port", "1,2"},
                 {"user", "u"},
                 {"password", "p w"},
                 {"dbname", "db"},
                 {"sslmode", "require"}});
  CHECK(parse_conninfo("").value().empty());
}

TEST_CASE("the error of a connection string does not quote it", "[conninfo]") {
  for (const std::string& text :
       {std::string("host=a passwort=secret"), std::string("host=a secret"),
        std::string("postgresql://u:secret@[a"), std::string("host=a\0secret", 13)}) {
    const Result<Conninfo> parsed = parse_conninfo(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == ErrorKind::invalid);
    CHECK(parsed.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("a server is described without its secrets", "[conninfo]") {
  CHECK(describe({{"host", "a\nb"},
                  {"port", "5432"},
                  {"user", "u"},
                  {"password", "secret"},
                  {"sslpassword", "secret"},
                  {"dbname", ""}}) == "host=a b port=5432 user=u");
  CHECK(describe({{"password", "secret"}}) == "libpq's default server");
}

TEST_CASE("lists of hosts are taken apart as libpq would try them", "[conninfo]") {
  CHECK(words_of(attempts_of({{"host", "a,b"}, {"port", "1,2"}})) == Words{"a/:1 ", "b/:2 "});
  CHECK(words_of(attempts_of({{"host", "a,b"}, {"port", "1"}})) == Words{"a/:1 ", "b/:1 "});
  CHECK(words_of(attempts_of({{"host", "a,b"}, {"port", ",2"}})) == Words{"a/:5432 ", "b/:2 "});
  CHECK(words_of(attempts_of({{"host", "a,b"}})) == Words{"a/: ", "b/: "});
  CHECK(words_of(attempts_of({{"hostaddr", "1.1.1.1,2.2.2.2"}})) == Words{"/1.1.1.1: ", "/2.2.2.2: "});
  CHECK(words_of(attempts_of({{"host", "a,"}, {"hostaddr", "1.1.1.1,2.2.2.2"}})) ==
        Words{"a/1.1.1.1: ", "/2.2.2.2: "});
}

TEST_CASE("what is no proper list is left to libpq", "[conninfo]") {
  for (const Conninfo& one : std::vector<Conninfo>{{},
                                                   {{"host", "a"}},
                                                   {{"host", "a"}, {"port", "1,2"}},
                                                   {{"host", "a,b"}, {"port", "1,2,3"}},
                                                   {{"host", "a,,b"}},
                                                   {{"host", "a,b"}, {"hostaddr", "1.1.1.1"}}}) {
    CHECK(attempts_of(one) == std::vector<Conninfo>{one});
  }
}

TEST_CASE("prefer-standby is a round for a standby and one for any", "[conninfo]") {
  CHECK(words_of(attempts_of({{"host", "a,b"}, {"target_session_attrs", "prefer-standby"}})) ==
        Words{"a/: standby", "b/: standby", "a/: any", "b/: any"});
  CHECK(words_of(attempts_of({{"host", "a"}, {"target_session_attrs", "prefer-standby"}})) ==
        Words{"a/: prefer-standby"});
}
