#include "common/json/json_reader.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace tamada {
namespace {

using nlohmann::json;

std::string refusal(std::string_view body, const JsonLimits& limits = {}) {
  const auto parsed = parse_json_object("answer", body, limits);
  return parsed ? "accepted" : parsed.error().message;
}

// What the fields of `object` came to.
struct Reading {
  explicit Reading(const char* text) : object(json::parse(text)), fields(object, "answer: ", error) {}
  std::optional<Error> error;
  json object;
  JsonFields fields;
  [[nodiscard]] std::string words() const { return error ? error->message : ""; }
};

TEST_CASE("one whole object is taken, everything else is told with what was found", "[json]") {
  CHECK(parse_json_object("answer", R"({"a": [1, {"b": null}]})"));
  CHECK(refusal("[1]") == "answer: found a list, expected a JSON object");
  CHECK(refusal("7") == "answer: found the number 7, expected a JSON object");
  for (const char* broken : {"", "{", R"({"a": 1} x)", R"({"a": 01})", "{'a': 1}", "\xff"}) {
    INFO(broken);
    CHECK(refusal(broken).starts_with("answer: "));
    CHECK(refusal(broken) != "accepted");
  }
}

TEST_CASE("a key that is given twice is refused, at any depth", "[json]") {
  CHECK(refusal(R"({"a": 1, "a": 1})") != "accepted");
  CHECK(refusal(R"({"x": [{"a": 1, "b": 2, "a": 3}]})") != "accepted");
  CHECK(refusal(R"({"a": {"a": 1}, "b": {"a": 1}})") == "accepted");
}

TEST_CASE("size, number of values and depth have limits", "[json]") {
  const JsonLimits limits{.size = 100, .values = 5, .depth = 3};
  CHECK(refusal(R"({"a": [1, 2]})", limits) == "accepted");
  CHECK(refusal("{\"a\": \"" + std::string(100, 'x') + "\"}", limits) != "accepted");
  CHECK(refusal(R"({"a": [1, 2, 3, 4, 5, 6]})", limits) != "accepted");
  CHECK(refusal(R"({"a": [[[[1]]]]})", limits) != "accepted");
  CHECK(refusal("{\"a\": " + std::string(100'000, '[')) != "accepted");
}

TEST_CASE("texts are short and of one line, and absent ones are empty", "[json]") {
  Reading good(R"({"a": "x", "n": null})");
  CHECK(good.fields.text("a") == "x");
  CHECK(good.fields.text("n").empty());
  CHECK(good.fields.text("missing").empty());
  CHECK(good.words().empty());

  Reading number(R"({"a": 7})");
  CHECK(number.fields.text("a").empty());
  CHECK(number.words() == "answer: a: found the number 7, expected text");
  Reading line(R"({"a": "x\ny"})");
  CHECK(line.fields.text("a").empty());
  CHECK(line.error);
  const std::string long_name = R"({"a": ")" + std::string(json_name_max + 1, 'x') + "\"}";
  Reading name(long_name.c_str());
  CHECK(name.fields.text("a").size() == json_name_max + 1);
  CHECK_FALSE(name.error);
  CHECK(name.fields.name("a").empty());
  CHECK(name.error);
}

TEST_CASE("a required name must be there, and not be empty", "[json]") {
  Reading missing("{}");
  CHECK(missing.fields.required_name("a").empty());
  CHECK(missing.words() == "answer: a: missing, expected text");
  Reading empty(R"({"a": ""})");
  CHECK(empty.fields.required_name("a").empty());
  CHECK(empty.words() == "answer: a: empty, expected text");
}

TEST_CASE("numbers are whole and within their bounds", "[json]") {
  Reading good(R"({"a": 3})");
  CHECK(good.fields.number("a", 3) == 3);
  CHECK(good.fields.number("missing", 3) == std::nullopt);
  for (const char* text :
       {R"({"a": 4})", R"({"a": -1})", R"({"a": 1.5})", R"({"a": "3"})", R"({"a": true})"}) {
    Reading bad(text);
    INFO(text);
    CHECK(bad.fields.number("a", 3) == std::nullopt);
    CHECK(bad.error);
  }
  Reading low(R"({"a": 1})");
  CHECK(low.fields.number("a", 9, 2) == std::nullopt);
  CHECK(low.words() == "answer: a: found the number 1, expected a whole number from 2 to 9");
}

TEST_CASE("the first wrong key is the error, and names its place", "[json]") {
  Reading two(R"({"a": 1, "b": 1, "inner": {"c": 1}})");
  CHECK(two.fields.flag("a") == false);
  CHECK(two.fields.text("b").empty());
  CHECK(two.words() == "answer: a: found the number 1, expected true or false");

  Reading inner(R"({"inner": {"c": 1}})");
  const json* object = inner.fields.object("inner");
  REQUIRE(object != nullptr);
  CHECK(inner.fields.inside("inner", *object).text("c").empty());
  CHECK(inner.words() == "answer: inner.c: found the number 1, expected text");
}

TEST_CASE("each object of a list is read, until one is none", "[json]") {
  Reading good(R"({"all": [{"n": 1}, {"n": 2}]})");
  std::vector<std::uint64_t> seen;
  good.fields.each_object("all", [&](JsonFields one) { seen.push_back(one.number("n", 9).value_or(0)); });
  CHECK(seen == std::vector<std::uint64_t>{1, 2});
  good.fields.each_object("missing", [&](const JsonFields&) { FAIL("there is none"); });
  CHECK_FALSE(good.error);

  Reading bad(R"({"all": [{"n": 1}, 7, {"n": 3}]})");
  seen.clear();
  bad.fields.each_object("all", [&](JsonFields one) { seen.push_back(one.number("n", 9).value_or(0)); });
  CHECK(seen == std::vector<std::uint64_t>{1});
  CHECK(bad.words() == "answer: all[1]: found the number 7, expected an object");

  Reading no_list(R"({"all": {}})");
  no_list.fields.each_object("all", [&](const JsonFields&) { FAIL("it is no list"); });
  CHECK(no_list.words() == "answer: all: found an object, expected a list");
}

TEST_CASE("an ordered object keeps the order of its keys, within the same limits", "[json]") {
  const auto ordered = parse_ordered_json_object("answer", R"({"z": 1, "a": {"y": 2, "b": 3}})");
  REQUIRE(ordered);
  CHECK(ordered->dump() == R"({"z":1,"a":{"y":2,"b":3}})");
  const auto twice = parse_ordered_json_object("answer", R"({"a": {"b": 1, "b": 2}})");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().message == "answer: \"b\" is given twice in one object");
  const auto list = parse_ordered_json_object("answer", "[1]");
  REQUIRE_FALSE(list);
  CHECK(list.error().message == "answer: found a list, expected a JSON object");
  std::string many = "{";
  for (int i = 0; i <= 10'000; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  const auto large = parse_ordered_json_object("answer", many + "}");
  REQUIRE_FALSE(large);
  CHECK(large.error().kind == ErrorKind::too_large);
}

}  // namespace
}  // namespace tamada
