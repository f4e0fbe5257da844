// The readers of single values: what text in quotes, YAML 1.1's booleans and odd lists become.
#include "agent/config/typed_values.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::agent;

namespace {

YamlNode node(std::string_view text) {
  std::vector<ConfigError> errors;
  YamlDocument document = parse_yaml(text, "t", errors, {.aliases = true, .long_quotes = true});
  INFO(text);
  REQUIRE(errors.empty());
  return std::move(document.root);
}

std::string tree(std::string_view text) {
  YamlPlace at;
  const auto value = read_tree(node(text), at);
  return value ? value->dump() : value.error().message;
}

}  // namespace

TEST_CASE("a tree keeps the types that YAML 1.1 gives", "[typed_values]") {
  CHECK(
      tree("{a: on, b: 'on', c: 0755, d: '0755', e: 1.5, f: ~, g: [no, \"no\"], h: 1e3, i: 2024-01-01}") ==
      R"({"a":true,"b":"on","c":493,"d":"0755","e":1.5,"f":null,"g":[false,"no"],"h":"1e3","i":"2024-01-01"})");
}

TEST_CASE("a number that does not fit is an error at its place", "[typed_values]") {
  YamlPlace at;
  const auto value = read_tree(node("{a: 1,\n b: {c: 99999999999999999999}}"), at);
  REQUIRE_FALSE(value);
  CHECK(at.line == 2);
  CHECK(value.error().message ==
        "b: c: found \"99999999999999999999\"; expected a number of at most 64 bits, or text in quotes");
}

TEST_CASE("what is read from a tree made of JSON is the same", "[typed_values]") {
  const ConfigValue value = ConfigValue::parse(
      R"({"a":true,"b":"true","c":7,"d":"7","e":1.5,"f":null,"g":[1,"x",{"h":false}],"i":{}})");
  YamlPlace at;
  CHECK(read_tree(node_of(value), at).value() == value);
}

TEST_CASE("options are names and pairs, in a list or a map", "[typed_values]") {
  using Options = std::vector<ProgramOption>;
  CHECK(read_options(node("[a, {b: 1}, {c: on, d: 'on'}, e: f]")).value() ==
        Options{{"a", {}}, {"b", "1"}, {"c", "True"}, {"d", "on"}, {"e", "f"}});
  CHECK(read_options(node("{a: 1, b: }")).value() == Options{{"a", "1"}, {"b", {}}});
  CHECK_FALSE(read_options(node("a")));
  CHECK_FALSE(read_options(node("[[a]]")));
  CHECK_FALSE(read_options(node("[{a: [b]}]")));
}

TEST_CASE("PostgreSQL's addresses have one port, behind the last", "[typed_values]") {
  using Listen = std::pair<std::string, std::uint16_t>;
  CHECK(read_postgres_listen(node("'*:5433'")).value() == Listen{"*", 5433});
  CHECK(read_postgres_listen(node("'*'")).value() == Listen{"*", 5432});
  CHECK(read_postgres_listen(node("localhost")).value() == Listen{"localhost", 5432});
  CHECK(read_postgres_listen(node("'127.0.0.1, [::1]:5433'")).value() == Listen{"127.0.0.1,::1", 5433});
  CHECK_FALSE(read_postgres_listen(node("'10.0.0.1:5432,10.0.0.2:5432'")));
  CHECK_FALSE(read_postgres_listen(node("','")));
  CHECK_FALSE(read_postgres_listen(node("'10.0.0.1:port'")));
}

TEST_CASE("lines stay whole, and other texts are split at commas", "[typed_values]") {
  using Texts = std::vector<std::string>;
  CHECK(read_texts(node("\"a, b\\nc\""), "\n").value() == Texts{"a, b", "c"});
  CHECK(read_texts(node("'a, b'"), ",\n").value() == Texts{"a", "b"});
  CHECK(read_texts(node("[\"a, b\", ~, c]"), ",").value() == Texts{"a, b", "c"});
  CHECK_FALSE(read_texts(node("{a: b}"), ","));
  CHECK_FALSE(read_texts(node("[[a]]"), ","));
}

TEST_CASE("control characters are refused where a text is one line", "[typed_values]") {
  CHECK_FALSE(read_text(node("\"a\\nb\"")));
  CHECK(read_long_text(node("\"a\\nb\"")).value() == "a\nb");
}
