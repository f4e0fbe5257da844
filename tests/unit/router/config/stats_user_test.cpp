#include "router/config/stats_user.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

const std::string sha256 = "$5$abcdefgh$azU9PNNJw9essBuwq5yihWY9lFXM0dF54Ph4sAxX.YB";
const std::string how =
    "; expected NAME:HASH, the hash as `mkpasswd`, `openssl passwd -6` or `htpasswd -nB NAME` print it";

std::string error_of(const std::string& text) {
  const auto user = parse_stats_user(text);
  return user ? "ok" : user.error().message;
}

}  // namespace

TEST_CASE("a user is a name and a hash as the usual tools print it", "[stats_user]") {
  for (const std::string& hash :
       {sha256,
        std::string("$6$abcdefgh$msgktWxVAbjjh3X7lA5LaM7dS/"
                    "ZfABJL6T4qcRsnjcOTj0kptUvZcrvrXIoO5fgPA9xz6UnF2To2Y7jGc/IZY/"),
        std::string(
            "$6$rounds=10000$zBE03Uvv1cvxYPRa$3Z67yJMNQPPohpGapgSmfJaRvtDz2rOwo.XYFAglst9vQwV3BRS2sy9oMGpD/"
            "4G5.D/.0fsgWNHWODKIJmaf70"),
        std::string("$2b$12$VyIWVIb6s1aLsr.ceSq0t.MdE34O2setr41EoXDWnmfthuEjhpOsq"),
        std::string("$2y$05$VyIWVIb6s1aLsr.ceSq0t.MdE34O2setr41EoXDWnmfthuEjhpOsq"),
        std::string("$y$j9T$nNV12phAmzBgcxNOZxJsa.$RihH7ZluCjBvwcmZMec65JFbthZ2A4AsrZsLrpjuWl9"),
        std::string("$gy$j9T$XJm34Tg4BerJ6rAfbOFtA0$KPwJoGsGMLpykQRdKRhmXaq74s9fIbQ0vuMXedhRmC7"),
        std::string("$7$CU..../....jior5sGjjrDphb.vyU7nx/$BsazxCiBh88ZQMcCm2Vu7vjqw/sSPGg3P1STpfb.nW."),
        std::string("*")}) {
    const auto user = parse_stats_user("dba:" + hash);
    INFO(hash << (user ? "" : user.error().message));
    REQUIRE(user);
    CHECK(user->name == "dba");
    CHECK(user->hash == hash);
  }
}

TEST_CASE("what is no hash, or a weak one, is refused and says how to make one", "[stats_user]") {
  CHECK(error_of("dba:geheim") ==
        "user \"dba\": plain text, or a kind of hash that is not known (DES is too weak)" + how);
  CHECK(error_of("dba:$1$abcdefgh$wpkJJDlMjGmqDSDcc4TVG.") ==
        "user \"dba\": an MD5 hash, which is too weak" + how);
  CHECK(error_of("dba:$apr1$abcdefgh$x") == "user \"dba\": an MD5 hash, which is too weak" + how);
  CHECK(error_of("dba:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=") ==
        "user \"dba\": an unsalted SHA-1 hash, which is too weak" + how);
  CHECK(error_of("dba:abJnggxhB/yWI").find("DES is too weak") != std::string::npos);
  CHECK(error_of("dba:") ==
        "user \"dba\": plain text, or a kind of hash that is not known (DES is too weak)" + how);
  CHECK(error_of("geheim") == "no colon, so no hash" + how);
  CHECK(error_of(":" + sha256) == "no name" + how);
  CHECK(error_of(std::string(101, 'x') + ":" + sha256) == "a name longer than 100 bytes");
  CHECK(error_of("a\x1b[2J:" + sha256).find("control character") != std::string::npos);
}

TEST_CASE("a hash that is cut or mistyped is found when loading, not when signing in", "[stats_user]") {
  for (std::size_t length = 3; length < sha256.size(); ++length) {
    INFO(length);
    CHECK(error_of("dba:" + sha256.substr(0, length)) ==
          "user \"dba\": a $5$ hash that is cut or mistyped: its last part has 43 characters" + how);
  }
  CHECK(error_of("dba:" + sha256 + "x").find("cut or mistyped") != std::string::npos);
  CHECK(error_of("dba:" + sha256 + ":x").find("cut or mistyped") != std::string::npos);
}

TEST_CASE("a cost that would hold up everybody is refused", "[stats_user]") {
  CHECK(error_of("dba:$2b$31$VyIWVIb6s1aLsr.ceSq0t.MdE34O2setr41EoXDWnmfthuEjhpOsq") ==
        "user \"dba\": a cost of 31, with which signing in would take too long; at most 14" + how);
  CHECK(error_of("dba:$5$rounds=999999999$abcdefgh$azU9PNNJw9essBuwq5yihWY9lFXM0dF54Ph4sAxX.YB")
            .find("at most 1000000") != std::string::npos);
}

TEST_CASE("no message shows what may be a password or a hash", "[stats_user]") {
  for (const char* text : {"secret1", "dba:secret1", "dba:$5$secret1", "dba:$1$secret1$", ":secret1"}) {
    CHECK(error_of(text).find("secret1") == std::string::npos);
  }
}

TEST_CASE("a file of users is what htpasswd makes, with comments", "[stats_user]") {
  const UsersFile file = parse_users_file("# people\n\ndba:" + sha256 + "\r\nops:" + sha256 + "  \n");
  CHECK(file.bad.empty());
  REQUIRE(file.users.size() == 2);
  CHECK(file.users[1] == StatsUser{"ops", sha256});
  CHECK(parse_users_file("").users.empty());
}

TEST_CASE("every bad line of a file of users is told with its number", "[stats_user]") {
  const UsersFile file = parse_users_file("dba:" + sha256 + "\n\nops:x\ndba:*\nnobody\nweb:*\n");
  REQUIRE(file.bad.size() == 3);
  CHECK(file.bad[0].number == 3);
  CHECK(file.bad[0].message.starts_with("user \"ops\": plain text"));
  CHECK(file.bad[1].number == 4);
  CHECK(file.bad[1].message == "there is a user \"dba\" already, in line 1");
  CHECK(file.bad[2].number == 5);
  CHECK(file.bad[2].message.starts_with("no colon"));
  REQUIRE(file.users.size() == 2);
  CHECK(file.users[1].name == "web");
  std::string no_users;
  for (int i = 0; i < 1000; ++i) no_users += "secret\n";
  CHECK(parse_users_file(no_users).bad.size() == UsersFile::bad_lines_max);
  CHECK(parse_users_file(no_users).bad_beyond == 1000 - UsersFile::bad_lines_max);
}
