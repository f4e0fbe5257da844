#include "agent/postgres/formats/conninfo_text.h"

#include <catch2/catch.hpp>

#include "agent/postgres/formats/password_file.h"
#include "agent/postgres/formats/primary_conninfo.h"

using namespace tamada::agent;

namespace {

using Names = std::vector<std::string>;

UpstreamConninfo usual() {
  UpstreamConninfo upstream;
  upstream.upstream = {{"host", "10.0.0.1"}, {"port", "5432"}, {"dbname", "postgres"}};
  upstream.authentication = {{"user", "replicator"}, {"password", "rep pass"}};
  upstream.application_name = "pg-1";
  upstream.server_major = 15;
  return upstream;
}

}  // namespace

TEST_CASE("values are quoted where libpq would read something else", "[conninfo_text]") {
  CHECK(quote_conninfo_value("plain") == "plain");
  CHECK(quote_conninfo_value("") == "''");
  CHECK(quote_conninfo_value("a b") == "'a b'");
  CHECK(quote_conninfo_value("it's") == "'it\\'s'");
  CHECK(quote_conninfo_value("a\\b") == "'a\\\\b'");
  CHECK(quote_conninfo_value("a\tb") == "'a\tb'");
}

TEST_CASE("fields are written in Patroni's order, without empty ones", "[conninfo_text]") {
  CHECK(format_conninfo({{"port", "5432"},
                         {"host", "10.0.0.1"},
                         {"dbname", ""},
                         {"user", "u"},
                         {"keepalives", "1"},
                         {"sslmode", "prefer"},
                         {"bad", std::string("a\0", 2)}}) ==
        "user=u host=10.0.0.1 port=5432 sslmode=prefer keepalives=1");
  CHECK(format_conninfo({}) == "");
}

TEST_CASE("primary_conninfo names the member and Patroni's defaults, and no database", "[primary_conninfo]") {
  UpstreamConninfo upstream = usual();
  CHECK(format_conninfo(build_primary_conninfo(upstream)) ==
        "user=replicator password='rep pass' host=10.0.0.1 port=5432 sslmode=prefer application_name=pg-1 "
        "gssencmode=prefer channel_binding=prefer");
  upstream.passfile = "/var/lib/postgresql/pgpass";
  CHECK(format_conninfo(build_primary_conninfo(upstream)) ==
        "user=replicator passfile=/var/lib/postgresql/pgpass host=10.0.0.1 port=5432 sslmode=prefer "
        "application_name=pg-1 gssencmode=prefer channel_binding=prefer");
}

TEST_CASE("sslnegotiation is for servers whose libpq knows it", "[primary_conninfo]") {
  UpstreamConninfo upstream = usual();
  upstream.authentication["sslnegotiation"] = "direct";
  CHECK(build_primary_conninfo(upstream).count("sslnegotiation") == 0);
  upstream.server_major = 17;
  CHECK(build_primary_conninfo(upstream).at("sslnegotiation") == "direct");
  CHECK(build_primary_conninfo([] {
          auto plain = usual();
          plain.server_major = 17;
          return plain;
        }())
            .at("sslnegotiation") == "postgres");
}

TEST_CASE("of several remote hosts only a primary will do", "[primary_conninfo]") {
  UpstreamConninfo upstream = usual();
  upstream.is_remote = true;
  CHECK(build_primary_conninfo(upstream).count("target_session_attrs") == 0);
  upstream.upstream["host"] = "10.0.0.1,10.0.0.2";
  CHECK(build_primary_conninfo(upstream).at("target_session_attrs") == "read-write");
}

TEST_CASE("what the WAL receiver shows is compared field by field", "[primary_conninfo]") {
  UpstreamConninfo upstream = usual();
  upstream.passfile = "/p";
  const ConninfoFields wanted = build_primary_conninfo(upstream);
  // As pg_stat_wal_receiver of PostgreSQL 15 shows it.
  ConninfoFields actual{{"user", "replicator"},
                        {"passfile", "/p"},
                        {"channel_binding", "prefer"},
                        {"dbname", "replication"},
                        {"host", "10.0.0.1"},
                        {"port", "5432"},
                        {"application_name", "pg-1"},
                        {"fallback_application_name", "walreceiver"},
                        {"sslmode", "prefer"},
                        {"sslcompression", "0"},
                        {"sslsni", "1"},
                        {"ssl_min_protocol_version", "TLSv1.2"},
                        {"gssencmode", "prefer"},
                        {"krbsrvname", "postgres"},
                        {"target_session_attrs", "any"}};
  CHECK(conninfo_differences(actual, wanted).empty());
  actual["host"] = "10.0.0.2";
  actual["user"] = "other";
  CHECK(conninfo_differences(actual, wanted) == Names{"host", "user"});
}

TEST_CASE("a field that is missing has libpq's default", "[primary_conninfo]") {
  CHECK(conninfo_differences({{"host", "a"}}, {{"host", "a"}, {"sslmode", "prefer"}, {"port", "5432"}})
            .empty());
  CHECK(conninfo_differences({{"host", "a"}}, {{"host", "a"}, {"sslmode", "require"}}) == Names{"sslmode"});
  CHECK(conninfo_differences({{"host", "a"}, {"port", "5433"}}, {{"host", "a"}}) == Names{"port"});
  CHECK(conninfo_differences({{"host", "a"}, {"hostaddr", "10.0.0.9"}}, {{"host", "a"}}) ==
        Names{"hostaddr"});
  CHECK(conninfo_differences({}, {{"host", "a"}}) == Names{"host"});
  CHECK(conninfo_differences({{"host", "a"}}, {}) == Names{"host"});
}

TEST_CASE("passwords are compared only where both sides show one", "[primary_conninfo]") {
  CHECK(conninfo_differences({{"password", "********"}}, {{"password", "secret"}}).empty());
  CHECK(conninfo_differences({}, {{"password", "secret"}}).empty());
  CHECK(conninfo_differences({{"password", "old"}}, {{"password", "secret"}}) == Names{"password"});
}

TEST_CASE("a password file has one line for each host", "[password_file]") {
  CHECK(password_file_lines({{"host", "a,b"}, {"port", "5432"}, {"user", "u"}, {"password", "p:w\\d"}}) ==
        "a:5432:*:u:p\\:w\\\\d\nb:5432:*:u:p\\:w\\\\d\n");
  CHECK(password_file_lines({{"host", "a,b"}, {"port", "1,2"}, {"password", "p"}}) ==
        "a:1:*:*:p\nb:2:*:*:p\n");
  CHECK(password_file_lines({{"host", "::1"}, {"password", "p"}}) == "\\:\\:1:*:*:*:p\n");
  CHECK(password_file_lines({{"host", "/run/postgresql"}, {"password", "p"}}) ==
        "/run/postgresql:*:*:*:p\nlocalhost:*:*:*:p\n");
  CHECK(password_file_lines({{"password", "p"}}) == "*:*:*:*:p\n");
  CHECK(password_file_lines({{"host", "a"}}) == "");
}

TEST_CASE("a password that libpq cannot read from a file is an error that does not show it",
          "[password_file]") {
  const auto lines = password_file_lines({{"host", "a"}, {"password", "secret\nb:*:*:*:x"}});
  REQUIRE_FALSE(lines);
  CHECK(lines.error().message.find("secret") == std::string::npos);
  CHECK_FALSE(password_file_lines({{"host", "a\nb"}, {"password", "p"}}));
  CHECK_FALSE(password_file_lines({{"user", "a\nb"}, {"password", "p"}}));
}
