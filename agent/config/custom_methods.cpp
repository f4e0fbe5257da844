#include "agent/config/custom_methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/config/settings.h"

namespace tamada::agent {

namespace {

bool holds_command(const YamlNode& node) {
  return node.kind == YamlNode::Kind::map &&
         std::any_of(node.entries.begin(), node.entries.end(),
                     [](const YamlEntry& entry) { return entry.key.text == "command"; });
}

class MethodReader {
 public:
  explicit MethodReader(FoundMethods& found) : found_(found) {}

  void add(const YamlKey& key, const YamlNode& section) {
    CustomMethod method;
    method.name = key.text;
    if (section.kind == YamlNode::Kind::map) {
      for (const auto& [name, value] : section.entries) take(method, name, value);
    } else if (section.kind != YamlNode::Kind::null) {
      tell(section.place, fmt::format("{}: expected settings with a command", key.text));
      return;
    }
    found_.methods.push_back(std::move(method));
  }

 private:
  void tell(YamlPlace place, std::string message) { found_.faults.push_back({place, std::move(message)}); }

  void take(CustomMethod& method, const YamlKey& key, const YamlNode& node) {
    YamlPlace at;
    auto value = read_tree(node, at);
    if (!value) return tell(at, fmt::format("{}.{}: {}", method.name, key.text, value.error().message));
    if (key.text == "command") {
      if (node.kind != YamlNode::Kind::scalar)
        return tell(node.place, method.name + ".command: expected a command");
      if (const auto other = refuse_other_types(node, "a command"); !other)
        return tell(node.place, method.name + ".command: " + other.error().message);
      method.command = node.text;
      return;
    }
    if (key.text == "recovery_conf") {
      if (!value->is_object() && !value->is_null()) {
        return tell(node.place, method.name + ".recovery_conf: expected parameters, one a line: name: value");
      }
      method.recovery_conf = *std::move(value);
      return;
    }
    const bool on = patroni::python_truth(*value);
    if (key.text == "no_params") method.no_params = on;
    if (key.text == "no_leader") method.no_leader = on;
    if (key.text == "keep_data") method.keep_data = on;
    if (key.text == "keep_existing_recovery_conf") method.keep_existing_recovery_conf = on;
    if (key.text != "no_params" && key.text != "keep_existing_recovery_conf") {
      method.arguments.emplace_back(key.text, patroni::python_text(*value));
    }
  }

  FoundMethods& found_;
};

}  // namespace

std::vector<std::string> names_under(const YamlNode& section, const std::string& key) {
  for (const YamlEntry& entry : section.entries) {
    if (entry.key.text != key) continue;
    auto names = read_texts(entry.value, ",\n");
    if (names) return *std::move(names);
  }
  return {};
}

FoundMethods take_methods(YamlNode& section, const std::string& path, const std::vector<std::string>& names) {
  FoundMethods found;
  MethodReader reader(found);
  const SettingsLayout& layout = settings().layout();
  std::erase_if(section.entries, [&](const YamlEntry& entry) {
    const std::string setting = path + "." + entry.key.text;
    const bool known = entry.key.text.find('.') == std::string::npos &&
                       (layout.find(setting) != nullptr || layout.is_section(setting));
    const bool named = std::find(names.begin(), names.end(), entry.key.text) != names.end();
    if (known || (!named && !holds_command(entry.value))) return false;
    reader.add(entry.key, entry.value);
    return true;
  });
  return found;
}

}  // namespace tamada::agent
