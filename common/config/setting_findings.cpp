#include "common/config/setting_findings.h"

#include <algorithm>
#include <utility>

namespace tamada {

namespace {

std::string above(const std::string& path) {
  const auto dot = path.rfind('.');
  return dot == std::string::npos ? std::string() : path.substr(0, dot);
}

}  // namespace

bool SettingFindings::is_present(const std::string& path) const {
  return raw_.values.contains(path) || raw_.sections.contains(path);
}

bool SettingFindings::is_unsure(const std::string& path) const {
  const bool is_wrong = std::any_of(known_.begin(), known_.end(), [&](const ConfigError& error) {
    return error.path == path || error.path.starts_with(path + ".");
  });
  if (is_wrong) return true;
  if (is_present(path)) return false;
  std::string child = path;
  while (!child.empty()) {
    const std::string section = above(child);
    if (is_present(child)) return false;
    if (raw_.unclear.contains(section)) return true;
    child = section;
  }
  return false;
}

void SettingFindings::report(const std::string& path, std::string message, const Paths& about) {
  report_at(path, path, std::move(message), about);
}

void SettingFindings::report_at(std::string where, std::string path, std::string message,
                                const Paths& about) {
  const auto unsure = [this](const std::string& setting) { return is_unsure(setting); };
  if (about.empty() ? is_unsure(path) : std::any_of(about.begin(), about.end(), unsure)) return;
  Place place = raw_.place_of({});
  for (; !where.empty(); where = above(where)) {
    if (const auto value = raw_.values.find(where); value != raw_.values.end()) {
      place = value->second.place;
      break;
    }
    if (const auto section = raw_.sections.find(where); section != raw_.sections.end()) {
      place = section->second;
      break;
    }
  }
  report_at(place, std::move(path), std::move(message));
}

void SettingFindings::report_at(const Place& place, std::string path, std::string message) {
  errors_.push_back({place.file, place.line, place.column, std::move(path), std::move(message)});
}

}  // namespace tamada
