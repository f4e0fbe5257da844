#include "common/config/yaml_scalar.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace tamada;

namespace {

using Kind = YamlScalar::Kind;

// The value of `a:` in such a text.
YamlNode value_of(const std::string& text) {
  std::vector<ConfigError> errors;
  const YamlNode root = parse_yaml("a: " + text + "\n", "f", errors).root;
  INFO(format_errors(errors, "it cannot be read"));
  REQUIRE(errors.empty());
  REQUIRE(root.entries.size() == 1);
  return root.entries[0].value;
}

template <class T>
std::string told(const Result<T>& result) {
  return result ? fmt::format("{}", *result) : result.error().message;
}

}  // namespace

TEST_CASE("a plain scalar is what YAML 1.1 says it is", "[yaml_scalar]") {
  CHECK(resolve_plain("on").kind == Kind::boolean);
  CHECK(resolve_plain("on").boolean);
  CHECK_FALSE(resolve_plain("No").boolean);
  CHECK(resolve_plain("y").kind == Kind::text);
  CHECK(resolve_plain("~").kind == Kind::null);
  CHECK(resolve_plain("0123").integer == 83);
  CHECK(resolve_plain("0o17").kind == Kind::text);
  CHECK(resolve_plain("-0x_1F").integer == -31);
  CHECK(resolve_plain("0b1_0").integer == 2);
  CHECK(resolve_plain("1:30").integer == 90);
  CHECK(resolve_plain("1_000").integer == 1000);
  CHECK(resolve_plain("1:30.5").real == 90.5);
  CHECK(resolve_plain(".5").real == 0.5);
  CHECK(resolve_plain("-.inf").real == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(resolve_plain(".NaN").real.value()));
  CHECK(resolve_plain("1e3").kind == Kind::text);
  CHECK(resolve_plain("1.0e+3").real == 1000);
  CHECK(resolve_plain("2001-12-14").kind == Kind::text);
}

TEST_CASE("a number that has no value here is still a number", "[yaml_scalar]") {
  for (const char* text : {"9223372036854775808", "0xffffffffffffffff", "0b_", "0x_",
                           "1:00:00:00:00:00:00:00:00:00:00:00:00:00"}) {
    INFO(text);
    CHECK(resolve_plain(text).kind == Kind::integer);
    CHECK_FALSE(resolve_plain(text).integer);
  }
  CHECK(resolve_plain("-9223372036854775808").integer == std::numeric_limits<std::int64_t>::min());
  CHECK(resolve_plain("1.0e+999").kind == Kind::real);
  CHECK_FALSE(resolve_plain("1.0e+999").real);
}

TEST_CASE("what stands in quotes is text", "[yaml_scalar]") {
  CHECK(scalar_of(value_of("on")).kind == Kind::boolean);
  for (const char* text : {"\"on\"", "'on'", "!!str on", "|\n  on", ">-\n  on"}) {
    INFO(text);
    CHECK(scalar_of(value_of(text)).kind == Kind::text);
  }
  CHECK(scalar_of(value_of("!!int '5'")).integer == 5);
  CHECK(scalar_of(value_of("'~'")).kind == Kind::text);
  CHECK(scalar_of(value_of("~")).kind == Kind::null);
  CHECK(scalar_of(value_of("")).kind == Kind::null);
  CHECK(scalar_of(value_of("''")).kind == Kind::text);
}

TEST_CASE("a reader asks for a type, and is told why it does not get it", "[yaml_scalar]") {
  CHECK(yaml_boolean(value_of("off")) == false);
  CHECK(yaml_integer(value_of("0x10")) == 16);
  CHECK(yaml_real(value_of("0.5")) == 0.5);
  CHECK(yaml_real(value_of("3")) == 3);
  CHECK(yaml_text(value_of("15.4")) == "15.4");
  CHECK(yaml_text(value_of("007")) == "007");
  CHECK(yaml_text(value_of("''")) == "");

  CHECK(told(yaml_boolean(value_of("'on'"))) ==
        "\"on\" is text, since it stands in quotes: expected true or false");
  CHECK(told(yaml_boolean(value_of("1"))) == "\"1\": expected true or false");
  CHECK(told(yaml_integer(value_of("1.0"))) == "\"1.0\": expected a whole number of at most 64 bits");
  CHECK(told(yaml_integer(value_of("99999999999999999999"))) ==
        "\"99999999999999999999\": expected a whole number of at most 64 bits");
  CHECK(told(yaml_real(value_of("1e3"))) == "\"1e3\": expected a number");
  CHECK(told(yaml_real(value_of("[1]"))) == "found a list; expected a number");
  CHECK(told(yaml_text(value_of("{b: c}"))) == "found settings; expected text");
  CHECK(told(yaml_text(value_of("~"))) == "no value; expected text");
  CHECK(told(yaml_boolean(value_of(""))) == "no value; expected true or false");
}
