// SettingFindings: tells what is wrong with settings that are each fine by themselves (contradictions,
// duplicates, settings without the ones they need), at the best place there is, and is silent where it cannot
// know.
//
// It cannot know where a setting that was looked at is unsure: its value was an error, or it was not given
// where it may have been meant (beside an unknown name, or behind the end of what is YAML).
#pragma once

#include <string>
#include <vector>

#include "common/config/config_error.h"
#include "common/config/raw_settings.h"

namespace tamada {

class SettingFindings {
 public:
  using Paths = std::vector<std::string>;

  // `errors` holds what is wrong with single values already; findings are appended. Both must outlive it.
  SettingFindings(const RawSettings& raw, std::vector<ConfigError>& errors)
      : raw_(raw), errors_(errors), known_(errors) {}

  [[nodiscard]] bool given(const std::string& path) const { return raw_.values.contains(path); }
  // Is what the program holds for this setting not what somebody wrote?
  [[nodiscard]] bool is_unsure(const std::string& path) const;

  // At the line of `path`, or of the nearest section around it, or at the file as a whole. `about`: the
  // settings that the check has looked at, if not just `path`: when one of them is unsure, nothing is told.
  void report(const std::string& path, std::string message, const Paths& about = {});
  // The same for a setting that is told of at the line of another.
  void report_at(std::string where, std::string path, std::string message, const Paths& about);
  void report_at(const Place& place, std::string path, std::string message);

 private:
  [[nodiscard]] bool is_present(const std::string& path) const;

  const RawSettings& raw_;
  std::vector<ConfigError>& errors_;
  const std::vector<ConfigError> known_;  // those of single values
};

}  // namespace tamada
