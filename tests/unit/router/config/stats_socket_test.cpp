#include "router/config/stats_socket.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

// As it would be written out, or the error.
std::string read_back(const std::string& text) {
  const auto socket = parse_stats_socket(text);
  return socket ? format_stats_socket(*socket) : socket.error().message;
}

}  // namespace

TEST_CASE("a run-time socket is a path or a loopback address with HAProxy's words", "[stats_socket]") {
  CHECK(read_back("/run/x.sock") == "/run/x.sock level operator mode 600");
  CHECK(read_back(" /run/x.sock  level\tadmin mode 0660 ") == "/run/x.sock level admin mode 660");
  CHECK(read_back("/run/x.sock mode 666 level user") == "/run/x.sock level user mode 666");
  CHECK(read_back("127.0.0.1:9999") == "127.0.0.1:9999 level operator");
  CHECK(read_back("127.9.9.9:9999 level admin") == "127.9.9.9:9999 level admin");
  CHECK(read_back("[::1]:9999 level user") == "[::1]:9999 level user");
}

TEST_CASE("a run-time socket may be written as it stands in a haproxy.cfg", "[stats_socket]") {
  CHECK(
      read_back("/run/hap/admin.sock user haproxy group haproxy mode 660 level admin expose-fd listeners") ==
      "/run/hap/admin.sock level admin mode 660 user haproxy group haproxy expose-fd listeners");
  CHECK(read_back("unix@/run/x.sock uid 99 gid 0") == "/run/x.sock level operator mode 600 uid 99 gid 0");
  CHECK(read_back("ipv4@127.0.0.1:9999 level admin") == "127.0.0.1:9999 level admin");
  CHECK(read_back("ipv6@[::1]:9999") == "[::1]:9999 level operator");
  CHECK(read_back("ipv6@::1:9999") == "[::1]:9999 level operator");
  CHECK(read_back("tcp4@127.0.0.1:9999 process 1 thread all") ==
        "127.0.0.1:9999 level operator process 1 thread all");
  // What is written out is read again as the same.
  for (const char* line : {"/x user a group b mode 660 level admin expose-fd listeners", "/x uid 1 gid 2",
                           "ipv4@127.0.0.1:9999 name stats"}) {
    const StatsSocket socket = parse_stats_socket(line).value();
    CHECK(parse_stats_socket(format_stats_socket(socket)).value() == socket);
  }
  CHECK(parse_stats_socket("/x expose-fd listeners")->without_effect ==
        std::vector<std::string>{"expose-fd listeners"});
}

TEST_CASE("HAProxy's words that are not done here are refused with the reason", "[stats_socket]") {
  CHECK(read_back("/x accept-proxy") == "accept-proxy: a run-time socket reads no PROXY header; remove it");
  CHECK(read_back("/x ssl crt /y").find("speaks no TLS") != std::string::npos);
  CHECK(read_back("abns@name").find("\"abns@name\": anybody on this machine could connect") == 0);
  CHECK(read_back("fd@3").find("\"fd@3\": a descriptor cannot be inherited") == 0);
  CHECK(read_back("unix@x").find("expected a path that begins with a slash") != std::string::npos);
  CHECK(read_back("ipv4@*:9999").find("only this machine may") != std::string::npos);
  CHECK(read_back("::1:9999").find("or [::1]:9999") != std::string::npos);
  CHECK(read_back("/x user a uid 1") ==
        "user and uid both say whom the file belongs to; leave one of them out");
  CHECK(read_back("/x gid 1 group a") ==
        "group and gid both say whom the file belongs to; leave one of them out");
  for (const char* id : {"-1", "x", "4294967295"}) {
    CHECK(read_back("/x uid " + std::string(id)) == "uid \"" + std::string(id) + "\": expected a number");
  }
  for (const char* word : {"user", "group", "uid", "gid"}) {
    CHECK(read_back("127.0.0.1:9999 " + std::string(word) + " 1") ==
          std::string(word) + " has no meaning for an address");
  }
}

TEST_CASE("an address that others can reach is refused", "[stats_socket]") {
  for (const char* place : {"0.0.0.0:9999", "*:9999", "10.0.0.1:9999", "[::]:9999", ":9999"}) {
    CHECK(read_back(place) ==
          "\"" + std::string(place) +
              "\": who reaches it needs no password, so only this machine may; expected an "
              "address such as 127.0.0.1:9999 or [::1]:9999, or a path");
  }
}

TEST_CASE("what is not understood is told, never ignored", "[stats_socket]") {
  CHECK(read_back("x.sock").starts_with("\"x.sock\": expected the path of a socket"));
  CHECK(read_back("127.0.0.1").starts_with("\"127.0.0.1\": expected the path"));
  CHECK(read_back("localhost:9999").starts_with("\"localhost:9999\": expected the path"));
  CHECK(read_back("") == "empty; expected the path of a socket");
  CHECK(read_back("/x admin") == "\"admin\": expected level, mode, user, group, uid or gid");
  CHECK(read_back("/x levle admin") ==
        "\"levle\": expected level, mode, user, group, uid or gid (did you mean \"level\"?)");
  CHECK(read_back("/x level") ==
        "nothing behind \"level\"; expected e.g. /run/tamada/admin.sock level admin mode 660");
  CHECK(read_back("/x level root") == "\"root\": expected user, operator or admin");
  for (const char* mode : {"x", "0", "1777", "68", "6600", "-1"}) {
    CHECK(read_back("/x mode " + std::string(mode)) ==
          "mode \"" + std::string(mode) + "\": expected octal digits such as 600 or 660");
  }
  CHECK(read_back("127.0.0.1:9999 mode 600") == "mode has no meaning for an address");
  CHECK(read_back("/" + std::string(106, 'x')).find("level operator") != std::string::npos);
  CHECK(read_back("/" + std::string(107, 'x')) == "a path of 108 bytes; a socket's path has at most 107");
}
