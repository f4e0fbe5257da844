// patch_config(), replace_config() and refuse_secrets().
#include "common/patroni/dynamic/config_patch.h"

#include "tests/unit/common/patroni/dynamic/dynamic.h"

using namespace tamada::patroni;

namespace {

// The document after the patch, with a ! where it changed.
std::string patched(std::string_view document, std::string_view patch) {
  const auto result = patch_config(json(document), json(patch));
  return (result.changed ? "! " : "") + result.document.dump();
}

}  // namespace

TEST_CASE("a patch is merged key by key, and null takes a key away", "[config_patch]") {
  CHECK(patched(R"({"ttl": 30, "p": {"a": 1, "b": 2}})", R"({"p": {"b": null, "c": 3}, "ttl": 20})") ==
        R"(! {"ttl":20,"p":{"a":1,"c":3}})");
  CHECK(patched(R"({"a": 1})", R"({"a": null})") == "! {}");
  CHECK(patched(R"({"a": 1})", R"({"b": null})") == R"({"a":1})");
}

TEST_CASE("what is no object on both sides takes the place of what was there", "[config_patch]") {
  CHECK(patched(R"({"a": {"b": 1}})", R"({"a": 2})") == R"(! {"a":2})");
  CHECK(patched(R"({"a": 2})", R"({"a": {"b": 1}})") == R"(! {"a":{"b":1}})");
  CHECK(patched(R"({"a": [1, 2]})", R"({"a": [2]})") == R"(! {"a":[2]})");
  CHECK(patched(R"({})", R"({"a": {"b": null}})") == R"(! {"a":{"b":null}})");
}

TEST_CASE("a value with the same text is no change, and the old one stays", "[config_patch]") {
  CHECK(patched(R"({"a": true})", R"({"a": "True"})") == R"({"a":true})");
  CHECK(patched(R"({"a": 1})", R"({"a": "1"})") == R"({"a":1})");
  CHECK(patched(R"({"a": [1, "x"]})", R"({"a": [1, "x"]})") == R"({"a":[1,"x"]})");
  CHECK(patched(R"({"a": 1})", R"({"a": 1.0})") == R"(! {"a":1.0})");
  CHECK(patched(R"({"a": true})", R"({"a": "true"})") == R"(! {"a":"true"})");
  CHECK(patched(R"({"p": {"a": 1}})", R"({"p": {"a": "1"}})") == R"({"p":{"a":1}})");
}

TEST_CASE("a null that stands in the document is taken away without being a change", "[config_patch]") {
  CHECK(patched(R"({"a": null, "b": 1})", R"({"a": null})") == R"({"b":1})");
}

TEST_CASE("a patch that is no object changes nothing", "[config_patch]") {
  for (const char* patch : {"null", "[]", "7", R"("x")"}) {
    INFO(patch);
    CHECK(patched(R"({"a": 1})", patch) == R"({"a":1})");
  }
}

TEST_CASE("the keys of a document keep their order", "[config_patch]") {
  CHECK(patched(R"({"z": 1, "a": 2})", R"({"m": 3})") == R"(! {"z":1,"a":2,"m":3})");
}

TEST_CASE("a whole configuration takes the place of the former one unless it is the same", "[config_patch]") {
  CHECK(replace_config(json(R"({"a": 1})"), json(R"({"b": 1})")).document == json(R"({"b": 1})"));
  CHECK(replace_config(json(R"({"a": 1})"), json(R"({"b": 1})")).changed);
  CHECK_FALSE(replace_config(json(R"({"a": 1})"), json(R"({"a": 1})")).changed);
  CHECK_FALSE(replace_config(json(R"({"a": 1})"), json("[]")).changed);
}

TEST_CASE("passwords are refused in the shared configuration, with the way that works", "[config_patch]") {
  const auto refused =
      refuse_secrets(json(R"({"postgresql": {"authentication": {"superuser": {"password": "new"}}}})"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == tamada::ErrorKind::denied);
  CHECK(
      refused.error().message ==
      "postgresql.authentication: no node reads it from the shared configuration, where the passwords would "
      "stand in clear text in etcd. Change the password in PostgreSQL (ALTER ROLE), write it into "
      "postgresql.authentication of each node's own configuration file, and reload the nodes");
  CHECK_FALSE(refuse_secrets(json(R"({"restapi": {"authentication": {"password": "x"}}})")));
  CHECK_FALSE(refuse_secrets(json(R"({"etcd3": {"password": "x"}})")));
}

TEST_CASE("what holds no secret, and taking one away, is allowed", "[config_patch]") {
  for (const char* change :
       {R"({"ttl": 30})", R"({"postgresql": {"authentication": null}})", R"({"restapi": null})",
        R"({"postgresql": {"parameters": {"max_connections": 200}}})", R"({"postgresql": null})", "[]"}) {
    INFO(change);
    CHECK(refuse_secrets(json(change)).has_value());
  }
}
