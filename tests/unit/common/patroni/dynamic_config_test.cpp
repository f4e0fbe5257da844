#include "common/patroni/dynamic_config.h"

#include "tests/support/patroni_fixture.h"

using namespace tamada;
using namespace tamada::patroni;

namespace {

DynamicConfig config_of(std::string_view body) {
  const auto config = parse_dynamic_config(body);
  INFO((config ? std::string() : config.error().message));
  REQUIRE(config);
  return *config;
}

std::string error_of(std::string_view body) {
  const auto config = parse_dynamic_config(body);
  REQUIRE_FALSE(config);
  return config.error().message;
}

}  // namespace

TEST_CASE("the configuration of Patroni 3.0.2 is read", "[dynamic_config]") {
  const DynamicConfig config = config_of(patroni_fixture("config_3.0.2.json"));
  CHECK(config.ttl == 100s);
  CHECK(config.loop_wait == 10s);
  CHECK(config.synchronous_mode == SynchronousMode::on);
  CHECK_FALSE(config.pause);
  CHECK_FALSE(config.standby_cluster);
}

TEST_CASE("the configuration of Patroni 4.1 is read", "[dynamic_config]") {
  const DynamicConfig config = config_of(patroni_fixture("config_4.1.json"));
  CHECK(config.ttl == 30s);
  CHECK(config.synchronous_mode == SynchronousMode::quorum);
  CHECK(config.standby_cluster);
  CHECK_FALSE(config.pause);
}

TEST_CASE("what is absent or null has Patroni's default", "[dynamic_config]") {
  CHECK(config_of("{}") == DynamicConfig{});
  CHECK(DynamicConfig{}.ttl == 30s);
  CHECK(config_of(R"({"ttl": null, "synchronous_mode": null, "standby_cluster": null})") == DynamicConfig{});
}

TEST_CASE("people write numbers and switches as text, and Patroni takes them", "[dynamic_config]") {
  CHECK(config_of(R"({"ttl": "45"})").ttl == 45s);
  for (const char* on : {"true", "\"on\"", "\"Yes\"", "1", "\"1\"", "\"TRUE\""}) {
    CHECK(config_of(std::string(R"({"pause": )") + on + "}").pause);
    CHECK(config_of(std::string(R"({"synchronous_mode": )") + on + "}").synchronous_mode ==
          SynchronousMode::on);
  }
  for (const char* off : {"false", "\"off\"", "\"No\"", "0", "\"0\""}) {
    CHECK_FALSE(config_of(std::string(R"({"pause": )") + off + "}").pause);
    CHECK(config_of(std::string(R"({"synchronous_mode": )") + off + "}").synchronous_mode ==
          SynchronousMode::off);
  }
  CHECK(config_of(R"({"synchronous_mode": "Quorum"})").synchronous_mode == SynchronousMode::quorum);
}

TEST_CASE("a standby_cluster section counts only if it says where to follow", "[dynamic_config]") {
  CHECK(config_of(R"({"standby_cluster": {"restore_command": "cp"}})").standby_cluster);
  CHECK(config_of(R"({"standby_cluster": {"port": 5432}})").standby_cluster);
  for (const char* empty :
       {"{}", R"({"host": ""})", R"({"port": 0})", R"({"host": null})", R"({"slot": "x"})"}) {
    CHECK_FALSE(config_of(std::string(R"({"standby_cluster": )") + empty + "}").standby_cluster);
  }
}

TEST_CASE("what Patroni would not take names its key", "[dynamic_config]") {
  CHECK(error_of(R"({"ttl": "soon"})") ==
        "dynamic configuration: ttl: found the text \"soon\", expected whole seconds from 1 to 86400");
  for (const char* bad : {"0", "-30", "86401", "30.5", "true", "[]", "\"\"", "\"30s\"", "\"-1\"",
                          "\"99999999999999999999999\""}) {
    CHECK(error_of(std::string(R"({"ttl": )") + bad + "}").find("dynamic configuration: ttl: found ") == 0);
  }
  CHECK(error_of(R"({"synchronous_mode": "maybe"})") ==
        "dynamic configuration: synchronous_mode: found the text \"maybe\", expected true, false or "
        "\"quorum\"");
  CHECK(error_of(R"({"synchronous_mode": []})").find("synchronous_mode: found a list") != std::string::npos);
  CHECK(error_of(R"({"pause": {}})") ==
        "dynamic configuration: pause: found an object, expected true or false");
  CHECK(error_of(R"({"standby_cluster": 1})") ==
        "dynamic configuration: standby_cluster: found the number 1, expected an object");
  CHECK(error_of("[]") == "dynamic configuration: found a list, expected a JSON object");
}
