#include "agent/api/requests/config_change.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

namespace {

struct Patched {
  std::string config;
  bool changed = false;
};

Patched patched(const char* config, const char* patch) {
  JsonBody value = JsonBody::parse(config);
  const bool changed = patch_config(value, JsonBody::parse(patch));
  return {config_text(value), changed};
}

void check(const char* config, const char* patch, const char* expected) {
  CAPTURE(config, patch);
  const Patched result = patched(config, patch);
  CHECK(result.config == expected);
  CHECK(result.changed);
}

void check_no_change(const char* config, const char* patch) {
  CAPTURE(config, patch);
  const Patched result = patched(config, patch);
  CHECK(JsonBody::parse(result.config) == JsonBody::parse(config));
  CHECK_FALSE(result.changed);
}

}  // namespace

TEST_CASE("a patch adds, replaces and takes out", "[agent][config_change]") {
  check(R"({"ttl": 30})", R"({"loop_wait": 5})", R"({"ttl":30,"loop_wait":5})");
  check(R"({"ttl": 30})", R"({"ttl": 20})", R"({"ttl":20})");
  check(R"({"ttl": 30, "pause": true})", R"({"pause": null})", R"({"ttl":30})");
  check(R"({"slots": {"a": 1}})", R"({"slots": 5})", R"({"slots":5})");
  check(R"({"slots": 5})", R"({"slots": {"a": 1}})", R"({"slots":{"a":1}})");
  check(R"({})", R"({"a": {"b": null}})", R"({"a":{"b":null}})");
}

TEST_CASE("a patch of an object is merged into it", "[agent][config_change]") {
  check(R"({"postgresql": {"parameters": {"a": 1, "b": 2}, "use_slots": true}})",
        R"({"postgresql": {"parameters": {"b": null, "c": 3}}})",
        R"({"postgresql":{"parameters":{"a":1,"c":3},"use_slots":true}})");
}

TEST_CASE("what is there already, by its text, is no change", "[agent][config_change]") {
  check_no_change(R"({"ttl": 30})", R"({"ttl": 30})");
  check_no_change(R"({"ttl": 30})", R"({"ttl": "30"})");
  check_no_change(R"({"pause": true})", R"({"pause": "True"})");
  check_no_change(R"({"ttl": 30})", R"({"pause": null})");
  check_no_change(R"({"a": {"b": 1}})", R"({"a": {"b": 1}})");
  check_no_change(R"({"a": [1, 2]})", R"({"a": [1, 2]})");
  check(R"({"pause": true})", R"({"pause": "true"})", R"({"pause":"true"})");
  check(R"({"a": [1, 2]})", R"({"a": [2, 1]})", R"({"a":[2,1]})");
}

TEST_CASE("a key that holds nothing is taken out without being a change", "[agent][config_change]") {
  const Patched result = patched(R"({"a": null})", R"({"a": null})");
  CHECK(result.config == "{}");
  CHECK_FALSE(result.changed);
}

TEST_CASE("whole configurations are compared by their texts", "[agent][config_change]") {
  const auto same = [](const char* a, const char* b) {
    return is_same_config(JsonBody::parse(a), JsonBody::parse(b));
  };
  CHECK(same(R"({"a": 1, "b": {"c": true}})", R"({"b": {"c": "True"}, "a": "1"})"));
  CHECK_FALSE(same(R"({"a": 1})", R"({"a": 2})"));
  CHECK_FALSE(same(R"({"a": 1})", R"({"a": 1, "b": 2})"));
  CHECK_FALSE(same(R"({"a": 1})", R"({"b": 1})"));
  CHECK_FALSE(same(R"({"a": {"b": 1}})", R"({"a": {"b": 2}})"));
}

TEST_CASE("a configuration is written compactly, and read back", "[agent][config_change]") {
  CHECK(config_text(JsonBody::parse(R"({"z": [1, "ä"], "a": {}})")) == R"({"z":[1,"\u00e4"],"a":{}})");
  CHECK(parse_config(R"({"z": 1, "a": 2})").dump() == R"({"z":1,"a":2})");
  CHECK(parse_config("[]") == JsonBody::object());
}

TEST_CASE("passwords are not taken into the shared configuration", "[agent][config_change]") {
  const auto refused = refuse_secrets(
      JsonBody::parse(R"({"postgresql": {"authentication": {"superuser": {"password": "x"}}}})"));
  REQUIRE(refused);
  CHECK(refused->status == 400);
  CHECK(refused->body.find("postgresql.authentication") == 0);
  CHECK_FALSE(refuse_secrets(JsonBody::parse(R"({"postgresql": {"parameters": {}}})")));
  CHECK_FALSE(
      refuse_secrets(JsonBody::parse(R"({"postgresql": {"authentication": null}})")));  // takes it out
  CHECK_FALSE(refuse_secrets(JsonBody::parse(R"({"postgresql": null, "ttl": 30})")));
}
