#include "common/config/raw_settings.h"

#include <fmt/format.h>

#include <utility>

#include "common/config/setting_value.h"
#include "common/config/variable_collector.h"

namespace tamada {

namespace {

std::string join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string shown(std::string_view name) {
  constexpr std::size_t enough = 60;
  return name.size() <= enough ? std::string(name) : std::string(name.substr(0, enough)) + "...";
}

std::string_view kind_name(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a value";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "settings";
  }
  return "";
}

class FileCollector {
 public:
  FileCollector(RawSettings& raw, const SettingsLayout& layout, std::vector<ConfigError>& errors)
      : raw_(raw), layout_(layout), errors_(errors) {}

  void add_file(const YamlDocument& file) {
    const YamlNode& tree = file.root;
    if (!file.whole) raw_.unclear.insert("");
    if (tree.kind == YamlNode::Kind::map) {
      add_section(tree, "", "");
    } else if (tree.kind != YamlNode::Kind::null) {
      raw_.unclear.insert("");
      report(tree.place, "",
             fmt::format("expected settings such as \"{}\", found {}", layout_.rules().example,
                         kind_name(tree)));
    }
  }

 private:
  void report(YamlPlace place, std::string path, std::string message) {
    errors_.push_back(error_at(place, std::move(path), std::move(message)));
  }
  [[nodiscard]] ConfigError error_at(YamlPlace place, std::string path, std::string message) const {
    return {raw_.place_of(place).file, place.line, place.column, std::move(path), std::move(message)};
  }

  void add_section(const YamlNode& map, const std::string& path, const std::string& pattern) {
    raw_.sections[path] = raw_.place_of(map.place);
    if (!map.complete) raw_.unclear.insert(path);
    const NamedSections* naming = layout_.named(pattern);
    for (const auto& [key, node] : map.entries) {
      if (naming != nullptr && !add_name(*naming, key)) continue;
      const std::string child = join(path, key.text);
      const std::string child_pattern = naming != nullptr ? pattern + ".*" : join(pattern, key.text);
      const bool one_name = naming != nullptr || key.text.find_first_of(".*") == std::string::npos;
      const SettingShape* setting = one_name ? layout_.find(child_pattern) : nullptr;
      const bool section = one_name && layout_.is_section(child_pattern);
      if (setting == nullptr && !section) {
        raw_.unclear.insert(path);
        auto& told = layout_.rules().unknown_is_error ? errors_ : raw_.notes;
        told.push_back(error_at(key.place, path, unknown_setting(key.text, pattern)));
      } else if (section && node.kind == YamlNode::Kind::map) {
        add_section(node, child, child_pattern);
      } else if (section && node.kind == YamlNode::Kind::null) {
        raw_.sections[child] = raw_.place_of(key.place);
      } else if (setting != nullptr) {
        add_value(*setting, node, child);
      } else {
        raw_.unclear.insert(child);
        report(node.place, child, fmt::format("expected settings under it, found {}", kind_name(node)));
      }
    }
  }

  bool add_name(const NamedSections& section, const YamlKey& key) {
    if (!is_section_name(key.text)) {
      report(key.place, section.path,
             fmt::format("\"{}\" cannot be a {}'s name; expected letters, digits, - and _", shown(key.text),
                         section.noun));
      return false;
    }
    std::vector<std::string>& names = raw_.names[section.path];
    for (const std::string& other : names) {
      if (layout_.variable_name(other) != layout_.variable_name(key.text)) continue;
      report(key.place, section.path,
             fmt::format("\"{}\" and \"{}\" have the same name in the environment ({}_...)", other, key.text,
                         layout_.variable_name(section.path + "." + key.text)));
      return false;
    }
    names.push_back(key.text);
    return true;
  }

  [[nodiscard]] std::string unknown_setting(const std::string& name, const std::string& pattern) const {
    std::string words = fmt::format("unknown setting \"{}\"", shown(name));
    const auto known = layout_.names_under(pattern);
    const std::string hint = did_you_mean(name, known);
    if (!hint.empty()) return words + hint;
    // A place within the section where it stands is more likely meant than one in another.
    const SettingShape* elsewhere = nullptr;
    for (const SettingShape& row : layout_.rows()) {
      if (!row.path.ends_with("." + name)) continue;
      const bool near = !pattern.empty() && row.path.starts_with(pattern + ".");
      if (elsewhere == nullptr || near) elsewhere = &row;
      if (near) break;
    }
    if (elsewhere != nullptr) {
      return words + fmt::format(" (it belongs under \"{}\")",
                                 elsewhere->path.substr(0, elsewhere->path.size() - name.size() - 1));
    }
    return words + "; expected " + listed(known);
  }

  void add_value(const SettingShape& setting, const YamlNode& node, const std::string& path) {
    RawValue value{{}, raw_.place_of(node.place), false};
    if (setting.form == SettingForm::tree) {
      value.items.push_back({node.text, value.place, &node});
    } else if (node.kind == YamlNode::Kind::scalar) {
      if (!setting.is_list()) {
        value.items.push_back({std::string(trimmed(node.text)), value.place});
      } else {
        for (std::string& part : split_list(node.text)) value.items.push_back({std::move(part), value.place});
      }
    } else if (node.kind == YamlNode::Kind::list && setting.form == SettingForm::joined_list) {
      std::string joined;
      for (const YamlNode& item : node.items) {
        if (item.kind != YamlNode::Kind::scalar) {
          report(item.place, path, fmt::format("{} in the list; expected {}", kind_name(item), setting.type));
          return;
        }
        if (!joined.empty()) joined += ", ";
        joined += trimmed(item.text);
      }
      value.items.push_back({std::move(joined), value.place});
    } else if (node.kind == YamlNode::Kind::list && setting.is_list()) {
      for (const YamlNode& item : node.items) {
        if (item.kind == YamlNode::Kind::scalar) {
          value.items.push_back({std::string(trimmed(item.text)), raw_.place_of(item.place)});
        } else if (item.kind == YamlNode::Kind::map && setting.form == SettingForm::list_of_maps) {
          value.items.push_back({"", raw_.place_of(item.place), &item});
        } else {
          report(item.place, path, fmt::format("{} in the list; expected {}", kind_name(item), setting.type));
        }
      }
    } else if (node.kind == YamlNode::Kind::null) {
      report(node.place, path, fmt::format("no value; expected {}, or leave the line out", setting.type));
      return;
    } else {
      report(node.place, path, fmt::format("found {}; expected {}", kind_name(node), setting.type));
      return;
    }
    raw_.values[path] = std::move(value);
  }

  RawSettings& raw_;
  const SettingsLayout& layout_;
  std::vector<ConfigError>& errors_;
};

}  // namespace

Place RawSettings::place_of(const YamlPlace& place) const {
  return {place.file < files.size() ? files[place.file] : "", place.line, place.column};
}

RawSettings collect_settings(const YamlDocument& document, std::span<const std::string> files,
                             const SettingsLayout& layout, const Environment& environment,
                             std::vector<ConfigError>& errors) {
  RawSettings raw;
  raw.files.assign(files.begin(), files.end());
  FileCollector(raw, layout, errors).add_file(document);
  VariableCollector(raw, layout, errors).add(environment);
  return raw;
}

}  // namespace tamada
