// YamlTreeBuilder: from yaml-cpp's events to the tree. Inner part of yaml_tree.cpp.
//
// What the reader does not allow ends the parse from within an event, by an exception that parse_yaml()
// catches: yaml-cpp has no other way to stop.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/config/yaml_aliases.h"
#include "common/config/yaml_tree.h"

namespace tamada {

struct YamlRefused : std::exception {
  YamlRefused(YamlPlace where, std::string words) : place(where), message(std::move(words)) {}
  YamlPlace place;
  std::string message;
};

YamlPlace place_of(const YAML::Mark& mark);

class YamlTreeBuilder final : public YAML::EventHandler {
 public:
  // All of them must outlive it.
  YamlTreeBuilder(std::string_view text, std::string_view file_name, const YamlOptions& options,
                  std::vector<ConfigError>& errors);

  // Of what the parser did not come to the end of, the maps with their complete entries. Once.
  YamlNode take();

  // A plain value with a colon and a space in it: YAML takes it for the name of one more setting. In our
  // words, if that is what stands where the parser gave up.
  [[nodiscard]] std::optional<std::string> colon_in_value(const YAML::Mark& mark) const;

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  // A list or map that is being read, and the key read last if its value is still to come.
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::optional<YamlKey> key;
    std::unordered_map<std::string, int> lines;  // of its keys
    std::optional<YamlEntry> merged;             // <<
  };

  void refuse_open_quote(const YAML::Mark& mark) const;
  // A list or map, where the name of a setting is next.
  void refuse_as_key(const YAML::Mark& mark) const;
  [[nodiscard]] std::string_view text_from(int line) const;
  [[nodiscard]] std::string_view line_at(int number) const;

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind);
  void close();
  void add(YamlNode node, YAML::anchor_t anchor);
  void put(YamlNode node);
  void add_entry(Open& map, YamlKey key, YamlNode value);

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  std::string_view file_name_;
  const YamlOptions& options_;
  std::vector<ConfigError>& errors_;
  YamlNode root_;
  std::vector<Open> open_;
  YamlAliases aliases_;
  int documents_ = 0;
};

}  // namespace tamada
