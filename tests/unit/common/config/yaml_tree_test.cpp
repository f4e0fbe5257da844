#include "common/config/yaml_tree.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace tamada;

namespace {

std::string errors_in(std::string_view text) {
  std::vector<ConfigError> errors;
  (void)parse_yaml(text, "f", errors);
  std::string lines;
  for (const ConfigError& error : errors) lines += (lines.empty() ? "" : "\n") + error.to_string();
  return lines;
}

}  // namespace

TEST_CASE("keys and values know their places, counted from one", "[yaml_tree]") {
  std::vector<ConfigError> errors;
  const YamlNode tree = parse_yaml("a:\n  b: [x, 'y']\n", "f", errors).root;
  CHECK(errors.empty());
  REQUIRE(tree.entries.size() == 1);
  const auto& [key, value] = tree.entries[0].value.entries.at(0);
  CHECK(key.text == "b");
  CHECK(key.place.line == 2);
  CHECK(key.place.column == 3);
  REQUIRE(value.items.size() == 2);
  CHECK(value.items[1].text == "y");
  CHECK(value.items[1].place.column == 10);
}

TEST_CASE("a key that stands twice is told, with the line of the first", "[yaml_tree]") {
  CHECK(errors_in("a: 1\nb: 2\na: 3\n") == "f:3:1: \"a\" stands twice; first in line 1");
}

TEST_CASE("what is no plain YAML document is refused with its place", "[yaml_tree]") {
  CHECK(errors_in("a: &x [1]\nb: *x\n") ==
        "f:2:4: aliases (*name) are not supported; write the value out, and a text that begins with * in "
        "quotes");
  CHECK(errors_in("a: !env HOME\n").starts_with("f:1:4: tags (!env) are not supported"));
  CHECK(errors_in("a: 1\n---\nb: 2\n").find("a second document (---); expected one") != std::string::npos);
  CHECK(errors_in("a:\n\tb: 1\n") == "f:2:1: a tab in the indentation; YAML wants spaces");
  CHECK(errors_in("a: [1, 2\n").find("not valid YAML: ") != std::string::npos);
  CHECK(errors_in("a: 'x\nb: 1\n") == "f:1:4: the quote (') is not closed in this line");
  CHECK(errors_in("? [a]\n: b\n").find("where the name of a setting is expected") != std::string::npos);
  CHECK(errors_in("a: \"x\\\"\n") == "f:1:4: the quote (\") is not closed in this line");
  CHECK(errors_in("a: ['x', 'it''s', \"\\\"\"]\n'b': |\n  'text\n").empty());
  CHECK(errors_in(": b\n").find("the name of the setting is missing") != std::string::npos);
  CHECK(errors_in("\t\n# tab before a comment is fine\n\t# so\na: 1\n").empty());
}

TEST_CASE("a colon and a space within a value are told in words that help", "[yaml_tree]") {
  const std::string words =
      "\"tag:\" with a space behind it begins one more setting in YAML; leave the space out, or write the "
      "whole value in quotes";
  CHECK(errors_in("a: 1\nto: tag: reports\n") == "f:2:8: " + words);
  CHECK(errors_in("{to: tag: reports}\n") == "f:1:9: " + words);
}

TEST_CASE("of a text that is not YAML to its end, what was complete is there", "[yaml_tree]") {
  std::vector<ConfigError> errors;
  const YamlDocument file = parse_yaml("a: {b: 1, c: [x]}\nd:\n  e: 2\n  f: [3, 4\ng: 5\n", "f", errors);
  CHECK_FALSE(file.whole);
  CHECK(errors.size() == 1);
  REQUIRE(file.root.entries.size() == 2);
  CHECK(file.root.entries[0].value.entries.size() == 2);
  CHECK(file.root.entries[1].key.text == "d");
  CHECK(file.root.entries[1].value.entries.size() == 1);
  errors.clear();
  CHECK(parse_yaml("a: 1\na: 2\n", "f", errors).whole);
}

TEST_CASE("bytes that are no text are refused with their place", "[yaml_tree]") {
  CHECK(errors_in("a: \xff\n") == "f:1:4: byte 0xff is not UTF-8 text");
  CHECK(errors_in(std::string_view("\x7f"
                                   "ELF\0\0",
                                   6)) == "f:1:5: control character 0x00; expected text");
  CHECK(errors_in(std::string_view("\xfe\xff\0a", 4)) == "f:1:1: byte 0xfe is not UTF-8 text");
  CHECK(errors_in("name: Größe\n").empty());
}

TEST_CASE("bombs do not go off", "[yaml_tree]") {
  CHECK_FALSE(errors_in(std::string(100'000, '[')).empty());
  CHECK_FALSE(errors_in(std::string(100'000, '{')).empty());
  std::string deep;
  for (std::size_t i = 0; i < 20; ++i) deep += std::string(i, ' ') + "a:\n";
  CHECK(errors_in(deep).find("nested deeper than 16 levels") != std::string::npos);
  CHECK(errors_in(std::string((1 << 20) + 1, 'a')) ==
        "f: 1048577 bytes; a configuration has at most 1048576");
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'j'; ++c)
    bomb += fmt::format("{0}: &{0} [*{1},*{1},*{1},*{1},*{1},*{1}]\n", c, static_cast<char>(c - 1));
  CHECK(errors_in(bomb).starts_with("f:2:8: aliases (*name) are not supported"));
}
