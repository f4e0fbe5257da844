// take_setting(): what was written for one setting, into the program's struct; what cannot be taken becomes
// an error at its place. Pure but for `read_file`.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/config/config_error.h"
#include "common/config/file_reader.h"
#include "common/config/raw_settings.h"
#include "common/config/setting_value.h"
#include "common/config/settings_table.h"

namespace tamada {

// What take_setting() needs besides the setting. All of it must outlive the call.
struct TakingSettings {
  const RawSettings& raw;
  const FileReader& read_file;
  std::vector<ConfigError>& errors;
  std::vector<NamedFile>& files;  // those that settings name, and that could be read

  void report(const Place& place, std::string path, std::string message) const {
    errors.push_back({place.file, place.line, place.column, std::move(path), std::move(message)});
  }
};

// The file of a setting that names one must be readable; errors say why it is not.
void take_file(const TakingSettings& taking, const RawItem& item, const std::string& path);

// `path`: with the name for the `*`. Nothing was written: nothing happens, the struct keeps its default.
// Answers where each item stands that was taken.
template <class Scope>
std::vector<Place> take_setting(const TakingSettings& taking, const SettingRow<Scope>& setting,
                                const std::string& path, Scope& scope) {
  std::vector<Place> taken;
  const auto found = taking.raw.values.find(path);
  if (found == taking.raw.values.end()) return taken;
  if (setting.clear) setting.clear(scope);
  for (const RawItem& item : found->second.items) {
    if (item.node != nullptr) {
      const std::vector<SettingFault> faults = setting.set_node(scope, *item.node);
      for (const SettingFault& fault : faults) {
        taking.report(taking.raw.place_of(fault.place), path, fault.message);
      }
      if (faults.empty()) taken.push_back(item.place);
      continue;
    }
    if (const auto why = refused_text(item.text); !why.empty()) {
      taking.report(item.place, path, std::string(why));
      continue;
    }
    if (const auto done = setting.set(scope, item.text); !done) {
      taking.report(item.place, path, done.error().message);
      continue;
    }
    if (setting.is_file) take_file(taking, item, path);
    taken.push_back(item.place);
  }
  return taken;
}

}  // namespace tamada
