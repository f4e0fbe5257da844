#include "common/config/yaml_merge.h"

#include <catch2/catch.hpp>

using namespace tamada;

namespace {

YamlDocument document(std::string_view text) {
  std::vector<ConfigError> errors;
  return parse_yaml(text, "f", errors);
}

// "{a: 1@0}": each value with the number of its document.
std::string shown(const YamlNode& node) {
  std::string text;
  const std::string file = "@" + std::to_string(node.place.file);
  if (node.kind == YamlNode::Kind::scalar) return node.text + file;
  if (node.kind == YamlNode::Kind::null) return "~" + file;
  for (const YamlNode& item : node.items) text += (text.empty() ? "" : ", ") + shown(item);
  for (const auto& [key, value] : node.entries) {
    text += (text.empty() ? "" : ", ") + key.text + ": " + shown(value);
  }
  return node.kind == YamlNode::Kind::list ? "[" + text + "]" : "{" + text + "}";
}

std::string merged(std::vector<std::string> texts) {
  std::vector<YamlDocument> documents;
  for (const std::string& text : texts) documents.push_back(document(text));
  return shown(merge_documents(std::move(documents)).root);
}

}  // namespace

TEST_CASE("later documents win, map by map", "[yaml_merge]") {
  CHECK(merged({"a: 1\nb: {c: 2, d: 3}\n", "b: {d: 4, e: 5}\nf: [6]\n"}) ==
        "{a: 1@0, b: {c: 2@0, d: 4@1, e: 5@1}, f: [6@1]}");
  CHECK(merged({"a: [1, 2]\n", "a: [3]\n"}) == "{a: [3@1]}");
  CHECK(merged({"a: {b: 1}\n", "a: 2\n", "a: {c: 3}\n"}) == "{a: {c: 3@2}}");
}

TEST_CASE("null takes away what was there, and is null where nothing was", "[yaml_merge]") {
  CHECK(merged({"a: 1\nb: 2\n", "a:\nc: ~\n"}) == "{b: 2@0, c: ~@1}");
  CHECK(merged({"a: {b: 1, c: 2}\n", "a: {b: ~}\n", "a: {b: 3}\n"}) == "{a: {c: 2@0, b: 3@2}}");
}

TEST_CASE("empty documents change nothing", "[yaml_merge]") {
  CHECK(merged({}) == "~@0");
  CHECK(merged({"", "a: 1\n", "# only words\n"}) == "{a: 1@1}");
}

TEST_CASE("of documents that are not whole, the whole is not either", "[yaml_merge]") {
  std::vector<YamlDocument> documents;
  documents.push_back(document("a: {b: 1}\n"));
  documents.push_back(document("a: {c: 2, d: [\n"));
  const YamlDocument all = merge_documents(std::move(documents));
  CHECK_FALSE(all.whole);
  REQUIRE(all.root.entries.size() == 1);
  CHECK_FALSE(all.root.entries[0].value.complete);
  CHECK(shown(all.root) == "{a: {b: 1@0, c: 2@1}}");
}
