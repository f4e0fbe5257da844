#include "common/config/settings_yaml.h"

#include <fmt/format.h>

namespace tamada {

void SettingsYaml::add(std::string_view path, const std::string& value) {
  std::vector<std::string> parts;
  for (std::string_view rest = path;;) {
    const auto dot = rest.find('.');
    parts.emplace_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  std::size_t common = 0;
  while (common < open_.size() && common + 1 < parts.size() && open_[common] == parts[common]) ++common;
  for (open_.resize(common); open_.size() + 1 < parts.size(); open_.push_back(parts[open_.size()])) {
    text_ += fmt::format("{}{}:\n", std::string(open_.size() * 2, ' '), parts[open_.size()]);
  }
  text_ += fmt::format("{}{}: {}\n", std::string(open_.size() * 2, ' '), parts.back(), value);
}

}  // namespace tamada
