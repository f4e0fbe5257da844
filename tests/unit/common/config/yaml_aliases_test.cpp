#include "common/config/yaml_aliases.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace tamada;

namespace {

constexpr YamlOptions allowed{true, false};

std::string errors_in(std::string_view text) {
  std::vector<ConfigError> errors;
  (void)parse_yaml(text, "f", errors, allowed);
  std::string lines;
  for (const ConfigError& error : errors) lines += (lines.empty() ? "" : "\n") + error.to_string();
  return lines;
}

// "{a: 1, b: [x, y]}"
std::string shown(const YamlNode& node) {
  std::string text;
  if (node.kind == YamlNode::Kind::scalar) return node.text;
  if (node.kind == YamlNode::Kind::null) return "~";
  for (const YamlNode& item : node.items) text += (text.empty() ? "" : ", ") + shown(item);
  for (const auto& [key, value] : node.entries) {
    text += (text.empty() ? "" : ", ") + key.text + ": " + shown(value);
  }
  return node.kind == YamlNode::Kind::list ? "[" + text + "]" : "{" + text + "}";
}

std::string read(std::string_view text) {
  std::vector<ConfigError> errors;
  const YamlDocument document = parse_yaml(text, "f", errors, allowed);
  INFO(format_errors(errors, "it cannot be read"));
  CHECK(errors.empty());
  CHECK(document.whole);
  return shown(document.root);
}

}  // namespace

TEST_CASE("an alias is a copy of what its anchor names, with its places", "[yaml_aliases]") {
  CHECK(read("a: &x [1, 2]\nb: *x\nc: {d: *x}\n") == "{a: [1, 2], b: [1, 2], c: {d: [1, 2]}}");
  CHECK(read("a: &x\nb: *x\n") == "{a: ~, b: ~}");
  CHECK(read("a: &x 1\nb: &x 2\nc: *x\n") == "{a: 1, b: 2, c: 2}");
  CHECK(read("- &x a\n- {*x : b}\n") == "[a, {a: b}]");

  std::vector<ConfigError> errors;
  const YamlNode root = parse_yaml("a: &x \"1\"\nb: *x\n", "f", errors, allowed).root;
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[1].value.place.line == 1);
  CHECK(root.entries[1].value.quoted);
}

TEST_CASE("a merge key brings what the map does not have", "[yaml_aliases]") {
  CHECK(read("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3, r: 4}\n") == "{a: {p: 1, q: 2}, b: {p: 1, q: 3, r: 4}}");
  CHECK(read("a: &x {p: 1}\nb: {q: 3, <<: *x}\n") == "{a: {p: 1}, b: {p: 1, q: 3}}");
  // Of several, the earlier wins.
  CHECK(read("- &x {p: 1}\n- &y {p: 2, q: 2}\n- {<<: [*x, *y]}\n") == "[{p: 1}, {p: 2, q: 2}, {p: 1, q: 2}]");
  // Of a map that was merged itself.
  CHECK(read("- &x {p: 1}\n- &y {<<: *x, q: 2}\n- {<<: *y, r: 3}\n") ==
        "[{p: 1}, {p: 1, q: 2}, {p: 1, q: 2, r: 3}]");
  // In quotes it is a name like any other.
  CHECK(read("a: &x {p: 1}\nb: {'<<': *x}\n") == "{a: {p: 1}, b: {<<: {p: 1}}}");
}

TEST_CASE("an alias or a merge that makes no sense is told with its place", "[yaml_aliases]") {
  CHECK(errors_in("a: &x {b: *x}\n") ==
        "f:1:11: an alias (*name) stands within what it names; expected one outside of it");
  CHECK(errors_in("a: *x\n").starts_with("f:1:4: not valid YAML: the referenced anchor is not defined"));
  CHECK(errors_in("a: &x [1]\nb: {<<: *x}\n") ==
        "f:2:5: << takes the alias of a map, or a list of such; write the settings out");
  CHECK(errors_in("a: {<<: text}\n") ==
        "f:1:5: << takes the alias of a map, or a list of such; write the settings out");
  CHECK(errors_in("a: &x {p: 1}\nb:\n  <<: *x\n  <<: *x\n") == "f:4:3: \"<<\" stands twice; first in line 3");
  CHECK(errors_in("a: &x [1]\n*x : 1\n") ==
        "f:2:1: a list or map stands where the name of a setting is expected");
  CHECK(errors_in("a: 1\nb: 2\na: 3\n") == "f:3:1: \"a\" stands twice; first in line 1");
}

TEST_CASE("of a text whose merge fails, what was complete is there", "[yaml_aliases]") {
  std::vector<ConfigError> errors;
  const YamlDocument document = parse_yaml("a: 1\nb: {<<: [1]}\nc: 2\n", "f", errors, allowed);
  CHECK_FALSE(document.whole);
  CHECK(shown(document.root) == "{a: 1}");
}

TEST_CASE("aliases do not go off as bombs", "[yaml_aliases]") {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'j'; ++c)
    bomb += fmt::format("{0}: &{0} [*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1}]\n", c, static_cast<char>(c - 1));
  CHECK(errors_in(bomb).find("the aliases stand for more than 8388608 bytes") != std::string::npos);

  // Deep instead of wide.
  std::string deep = "- &a0 [x]\n";
  for (int i = 1; i < 100; ++i) deep += fmt::format("- &a{} [*a{}]\n", i, i - 1);
  CHECK(errors_in(deep) == "f:16:9: nested deeper than 16 levels");

  // One long text again and again; and an anchor's own copy counts, too.
  std::string wide = "a: &a " + std::string(900'000, 'x') + "\nb: [";
  for (int i = 0; i < 20; ++i) wide += "*a, ";
  CHECK(errors_in(wide + "]\n").find("the aliases stand for more than") != std::string::npos);
  std::string nested;
  for (int i = 0; i < 15; ++i) nested += fmt::format("&n{} [", i);
  for (int i = 0; i < 100'000; ++i) nested += "1,";
  CHECK(errors_in(nested + std::string(15, ']')).find("the aliases stand for more than") !=
        std::string::npos);
}

TEST_CASE("a quote may go on in the next line where the reader allows it, but must end", "[yaml_aliases]") {
  std::vector<ConfigError> errors;
  constexpr YamlOptions long_quotes{false, true};
  const YamlNode root = parse_yaml("a: \"b \\\n  c\"\nd: 'e\n  f''s'\n", "f", errors, long_quotes).root;
  CHECK(errors.empty());
  CHECK(shown(root) == "{a: b c, d: e f's}");
  (void)parse_yaml("a: 'x\nb: 1\n", "f", errors, long_quotes);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].to_string() == "f:1:4: the quote (') is not closed");
}
