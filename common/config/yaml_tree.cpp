#include "common/config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <istream>
#include <optional>
#include <streambuf>
#include <utility>

#include "common/base/utf8.h"
#include "common/config/yaml_tree_builder.h"

namespace tamada {

namespace {

// What yaml-cpp would misread or take for something else, found before it sees the text.
std::optional<YamlRefused> look_over(std::string_view text) {
  if (text.size() > max_yaml_bytes) {
    return YamlRefused({0, 0},
                       fmt::format("{} bytes; a configuration has at most {}", text.size(), max_yaml_bytes));
  }
  YamlPlace here{1, 1};
  bool indentation = true;
  YamlPlace tab;  // line 0: none
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text.substr(at));
    if (!c.valid) return YamlRefused(here, fmt::format("byte 0x{:02x} is not UTF-8 text", unsigned{c.code}));
    if (c.code < 0x20 && c.code != '\n' && c.code != '\r' && c.code != '\t') {
      return YamlRefused(here, fmt::format("control character 0x{:02x}; expected text", unsigned{c.code}));
    }
    if (indentation && c.code == '\t' && tab.line == 0) tab = here;
    if (c.code != ' ' && c.code != '\t') {
      const bool blank = c.code == '\n' || c.code == '\r' || c.code == '#';
      if (tab.line > 0 && !blank) return YamlRefused(tab, "a tab in the indentation; YAML wants spaces");
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

YamlDocument parse_yaml(std::string_view text, std::string_view file_name, std::vector<ConfigError>& errors,
                        const YamlOptions& options) {
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
  YamlTreeBuilder builder(text, file_name, options, errors);
  try {
    std::string copy(text);
    ViewBuffer buffer(copy);
    std::istream in(&buffer);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YamlRefused& refused) {
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

}  // namespace tamada
