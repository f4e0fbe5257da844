#include "router/config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <istream>
#include <optional>
#include <streambuf>
#include <utility>

#include "common/base/utf8.h"

namespace tamada::router {

namespace {

YamlPlace place_of(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

// Ends the parse from within one of yaml-cpp's events.
struct Refused : std::exception {
  Refused(YamlPlace where, std::string words) : place(where), message(std::move(words)) {}
  YamlPlace place;
  std::string message;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::string_view file_name, std::vector<ConfigError>& errors)
      : text_(text), file_name_(file_name), errors_(errors) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (at == 0 || text[at - 1] == '\n') line_starts_.push_back(at);
    }
  }

  // Of what the parser did not come to the end of, the maps with their complete entries.
  YamlNode take() {
    while (!open_.empty()) {
      if (open_.back().node.kind == YamlNode::Kind::map) {
        open_.back().node.complete = false;
        close();
      } else {
        open_.pop_back();
        if (!open_.empty()) open_.back().key.reset();
      }
    }
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) throw Refused(place_of(mark), "a second document (---); expected one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    add({YamlNode::Kind::null, place_of(mark), {}, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refused(
        place_of(mark),
        "aliases (*name) are not supported; write the value out, and a text that begins with * in quotes");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    refuse_own_tag(mark, tag);
    refuse_open_quote(mark);
    add({YamlNode::Kind::scalar, place_of(mark), value, {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

  // A plain value with a colon and a space in it: YAML takes it for the name of one more setting. In our
  // words, if that is what stands where the parser gave up.
  [[nodiscard]] std::optional<std::string> colon_in_value(const YAML::Mark& mark) const {
    const std::string_view line = line_at(mark.line);
    const auto colon = static_cast<std::size_t>(mark.column);
    if (colon >= line.size() || line[colon] != ':') return std::nullopt;
    // From the name before: behind the last space, bracket or comma.
    const auto begin = line.find_last_of(" \t{[,", colon) + 1;
    const std::string_view word = line.substr(begin, colon - begin);
    if (word.empty() || line.substr(0, begin).find(':') == std::string_view::npos) return std::nullopt;
    return fmt::format(
        "\"{}:\" with a space behind it begins one more setting in YAML; leave the space out, or "
        "write the whole value in quotes",
        word.substr(0, 60));
  }

 private:
  // A list or map that is being read, and the key read last if its value is still to come.
  struct Open {
    YamlNode node;
    std::optional<YamlKey> key;
  };

  // yaml-cpp says "?" for plain values, "!" for quoted ones; the rest was written by somebody.
  static void refuse_own_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    throw Refused(place_of(mark), fmt::format("tags ({}) are not supported; write the plain value", tag));
  }

  // A quote that is never closed swallows the rest of the file, and yaml-cpp finds nothing wrong with that.
  void refuse_open_quote(const YAML::Mark& mark) const {
    const std::string_view line = line_at(mark.line);
    const auto begin = static_cast<std::size_t>(mark.column);
    if (begin >= line.size() || (line[begin] != '\'' && line[begin] != '"')) return;
    const char quote = line[begin];
    for (std::size_t i = begin + 1; i < line.size(); ++i) {
      const bool doubled = quote == '\'' && line.substr(i, 2) == "''";
      if (doubled || (quote == '"' && line[i] == '\\')) {
        ++i;
      } else if (line[i] == quote) {
        return;
      }
    }
    throw Refused(place_of(mark), fmt::format("the quote ({}) is not closed in this line", quote));
  }

  [[nodiscard]] std::string_view line_at(int number) const {
    const auto index = static_cast<std::size_t>(number);
    if (index >= line_starts_.size()) return {};
    const std::size_t end = index + 1 < line_starts_.size() ? line_starts_[index + 1] : text_.size();
    return text_.substr(line_starts_[index], end - line_starts_[index]);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YamlNode::Kind kind) {
    refuse_own_tag(mark, tag);
    if (open_.size() >= max_yaml_depth) {
      throw Refused(place_of(mark), fmt::format("nested deeper than {} levels", max_yaml_depth));
    }
    if (!open_.empty() && open_.back().node.kind == YamlNode::Kind::map && !open_.back().key) {
      throw Refused(place_of(mark), "a list or map stands where the name of a setting is expected");
    }
    open_.push_back({{kind, place_of(mark), {}, {}, {}}, std::nullopt});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node.kind == YamlNode::Kind::null) {
        throw Refused(node.place, "the name of the setting is missing before the colon");
      }
      parent.key = YamlKey{std::move(node.text), node.place};
    } else {
      add_entry(parent.node, *std::exchange(parent.key, std::nullopt), std::move(node));
    }
  }

  void add_entry(YamlNode& map, YamlKey key, YamlNode value) {
    const auto same = std::find_if(map.entries.begin(), map.entries.end(),
                                   [&](const auto& entry) { return entry.key.text == key.text; });
    if (same == map.entries.end()) {
      map.entries.push_back({std::move(key), std::move(value)});
      return;
    }
    errors_.push_back({file_name_, key.place.line, key.place.column, "",
                       fmt::format("\"{}\" stands twice; first in line {}", key.text, same->key.place.line)});
  }

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  std::string file_name_;
  std::vector<ConfigError>& errors_;
  YamlNode root_;
  std::vector<Open> open_;
  int documents_ = 0;
};

// What yaml-cpp would misread or take for something else, found before it sees the text.
std::optional<Refused> look_over(std::string_view text) {
  if (text.size() > max_yaml_bytes) {
    return Refused({0, 0},
                   fmt::format("{} bytes; a configuration has at most {}", text.size(), max_yaml_bytes));
  }
  YamlPlace here{1, 1};
  bool indentation = true;
  YamlPlace tab;  // line 0: none
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text.substr(at));
    if (!c.valid) return Refused(here, fmt::format("byte 0x{:02x} is not UTF-8 text", unsigned{c.code}));
    if (c.code < 0x20 && c.code != '\n' && c.code != '\r' && c.code != '\t') {
      return Refused(here, fmt::format("control character 0x{:02x}; expected text", unsigned{c.code}));
    }
    if (indentation && c.code == '\t' && tab.line == 0) tab = here;
    if (c.code != ' ' && c.code != '\t') {
      const bool blank = c.code == '\n' || c.code == '\r' || c.code == '#';
      if (tab.line > 0 && !blank) return Refused(tab, "a tab in the indentation; YAML wants spaces");
      indentation = false;
      tab = {};
    }
    ++here.column;
    if (c.code == '\n') {
      here = {here.line + 1, 1};
      indentation = true;
    }
    at += c.length;
  }
  return std::nullopt;
}

// A stream over memory that is not copied.
struct ViewBuffer : std::streambuf {
  explicit ViewBuffer(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

}  // namespace

YamlDocument parse_yaml(std::string_view text, std::string_view file_name, std::vector<ConfigError>& errors) {
  YamlDocument document;
  const auto report = [&](YamlPlace place, std::string message) {
    document.whole = false;
    errors.push_back({std::string(file_name), place.line, place.column, "", std::move(message)});
  };
  if (auto refused = look_over(text)) {
    report(refused->place, std::move(refused->message));
    return document;
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  TreeBuilder builder(text, file_name, errors);
  try {
    std::string copy(text);
    ViewBuffer buffer(copy);
    std::istream in(&buffer);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    report(refused.place, refused.message);
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) {
      report({}, "not valid YAML: " + error.msg);
    } else if (const auto colon = builder.colon_in_value(error.mark)) {
      report(place_of(error.mark), *colon);
    } else {
      report(place_of(error.mark), "not valid YAML: " + error.msg);
    }
  } catch (const std::exception& error) {
    report({}, fmt::format("cannot be read: {}", error.what()));
  }
  document.root = builder.take();
  return document;
}

}  // namespace tamada::router
