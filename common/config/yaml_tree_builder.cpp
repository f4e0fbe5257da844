#include "common/config/yaml_tree_builder.h"

#include <fmt/format.h>

namespace tamada {

namespace {

// yaml-cpp says "?" for plain values, "!" for quoted ones; the rest was written by somebody.
void refuse_own_tag(const YAML::Mark& mark, const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
  throw YamlRefused(place_of(mark), fmt::format("tags ({}) are not supported; write the plain value", tag));
}

bool is_quoted(std::string_view tag) {
  return tag == "!" || tag == "tag:yaml.org,2002:str";
}

}  // namespace

YamlPlace place_of(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

YamlTreeBuilder::YamlTreeBuilder(std::string_view text, std::string_view file_name,
                                 const YamlOptions& options, std::vector<ConfigError>& errors)
    : text_(text), file_name_(file_name), options_(options), errors_(errors) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at == 0 || text[at - 1] == '\n') line_starts_.push_back(at);
  }
}

YamlNode YamlTreeBuilder::take() {
  while (!open_.empty()) {
    if (open_.back().node.kind == YamlNode::Kind::map) {
      open_.back().node.complete = false;
      YamlNode node = std::move(open_.back().node);
      open_.pop_back();
      put(std::move(node));
    } else {
      open_.pop_back();
      if (!open_.empty()) open_.back().key.reset();
    }
  }
  return std::move(root_);
}

void YamlTreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (documents_++ > 0) throw YamlRefused(place_of(mark), "a second document (---); expected one");
}

void YamlTreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  YamlNode node;
  node.place = place_of(mark);
  add(std::move(node), anchor);
}

void YamlTreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (!options_.aliases) {
    throw YamlRefused(
        place_of(mark),
        "aliases (*name) are not supported; write the value out, and a text that begins with * in quotes");
  }
  auto node = aliases_.expand(anchor, open_.size());
  if (!node) throw YamlRefused(place_of(mark), node.error().message);
  const bool is_scalar = node->kind == YamlNode::Kind::scalar || node->kind == YamlNode::Kind::null;
  if (!is_scalar) refuse_as_key(mark);
  put(*std::move(node));
}

void YamlTreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                               const std::string& value) {
  refuse_own_tag(mark, tag);
  refuse_open_quote(mark);
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.place = place_of(mark);
  node.text = value;
  node.quoted = is_quoted(tag);
  add(std::move(node), anchor);
}

void YamlTreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                      YAML::EmitterStyle::value /*style*/) {
  open(mark, tag, anchor, YamlNode::Kind::list);
}

void YamlTreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                 YAML::EmitterStyle::value /*style*/) {
  open(mark, tag, anchor, YamlNode::Kind::map);
}

std::optional<std::string> YamlTreeBuilder::colon_in_value(const YAML::Mark& mark) const {
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

// A quote that is never closed swallows the rest of the file, and yaml-cpp finds nothing wrong with that.
void YamlTreeBuilder::refuse_open_quote(const YAML::Mark& mark) const {
  const std::string_view text = options_.long_quotes ? text_from(mark.line) : line_at(mark.line);
  const auto begin = static_cast<std::size_t>(mark.column);
  if (begin >= text.size() || (text[begin] != '\'' && text[begin] != '"')) return;
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    const bool doubled = quote == '\'' && text.substr(i, 2) == "''";
    if (doubled || (quote == '"' && text[i] == '\\')) {
      ++i;
    } else if (text[i] == quote) {
      return;
    }
  }
  throw YamlRefused(place_of(mark), fmt::format("the quote ({}) is not closed{}", quote,
                                                options_.long_quotes ? "" : " in this line"));
}

std::string_view YamlTreeBuilder::text_from(int line) const {
  const auto index = static_cast<std::size_t>(line);
  return index < line_starts_.size() ? text_.substr(line_starts_[index]) : std::string_view();
}

std::string_view YamlTreeBuilder::line_at(int number) const {
  const auto next = static_cast<std::size_t>(number) + 1;
  const std::string_view text = text_from(number);
  return next < line_starts_.size() ? text.substr(0, line_starts_[next] - line_starts_[next - 1]) : text;
}

void YamlTreeBuilder::open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           YamlNode::Kind kind) {
  refuse_own_tag(mark, tag);
  if (open_.size() >= max_yaml_depth) {
    throw YamlRefused(place_of(mark), fmt::format("nested deeper than {} levels", max_yaml_depth));
  }
  refuse_as_key(mark);
  Open& opened = open_.emplace_back();
  opened.node.kind = kind;
  opened.node.place = place_of(mark);
  opened.anchor = anchor;
}

void YamlTreeBuilder::refuse_as_key(const YAML::Mark& mark) const {
  if (open_.empty() || open_.back().node.kind != YamlNode::Kind::map || open_.back().key) return;
  throw YamlRefused(place_of(mark), "a list or map stands where the name of a setting is expected");
}

void YamlTreeBuilder::close() {
  Open closed = std::move(open_.back());
  open_.pop_back();
  if (closed.merged) {
    const YamlPlace place = closed.merged->key.place;
    auto merged = merge_entries(closed.node, std::move(closed.merged->value));
    if (!merged) throw YamlRefused(place, merged.error().message);
  }
  add(std::move(closed.node), closed.anchor);
}

void YamlTreeBuilder::add(YamlNode node, YAML::anchor_t anchor) {
  if (options_.aliases && anchor != YAML::NullAnchor) {
    auto kept = aliases_.keep(anchor, node);
    if (!kept) throw YamlRefused(node.place, kept.error().message);
  }
  put(std::move(node));
}

void YamlTreeBuilder::put(YamlNode node) {
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& parent = open_.back();
  if (parent.node.kind == YamlNode::Kind::list) {
    parent.node.items.push_back(std::move(node));
  } else if (!parent.key) {
    if (node.kind == YamlNode::Kind::null) {
      throw YamlRefused(node.place, "the name of the setting is missing before the colon");
    }
    parent.key = YamlKey{std::move(node.text), node.place, node.quoted};
  } else {
    add_entry(parent, *std::exchange(parent.key, std::nullopt), std::move(node));
  }
}

void YamlTreeBuilder::add_entry(Open& map, YamlKey key, YamlNode value) {
  const bool is_merge = options_.aliases && is_merge_key(key);
  const auto [first, is_new] = map.lines.emplace((is_merge ? "merge:" : "key:") + key.text, key.place.line);
  if (!is_new) {
    errors_.push_back({std::string(file_name_), key.place.line, key.place.column, "",
                       fmt::format("\"{}\" stands twice; first in line {}", key.text, first->second)});
  } else if (is_merge) {
    map.merged = YamlEntry{std::move(key), std::move(value)};
  } else {
    map.node.entries.push_back({std::move(key), std::move(value)});
  }
}

}  // namespace tamada
