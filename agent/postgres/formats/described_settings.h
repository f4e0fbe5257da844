// DescribedSettings: which settings this installation of PostgreSQL knows, from `postgres --describe-config`, and what
// of a wanted configuration it can take. So there is no list of settings for each version here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/postgres/formats/server_config_text.h"
#include "agent/postgres/formats/setting_value.h"

namespace tamada::agent {

// When a change has effect: pg_settings.context.
enum class SettingContext { internal, postmaster, sighup, backend, user };

struct DescribedSetting {
  SettingContext context = SettingContext::user;
  SettingType type = SettingType::string;
  // Of numbers, in the setting's own unit, which the program does not tell.
  std::optional<double> least;
  std::optional<double> most;

  bool operator==(const DescribedSetting&) const = default;
};

using DescribedSettings = std::map<std::string, DescribedSetting>;  // names in lower case

// One tab-separated line for each: name, context, group, type, default, least, most, two texts. Lines that are none
// are passed over. Settings for developers are not among them (zero_damaged_pages, ...).
[[nodiscard]] DescribedSettings parse_described_settings(std::string_view output);

// Why a wanted setting is not passed on as it is.
struct SettingFinding {
  enum class Kind {
    unknown_name,  // left out
    wrong_value,   // left out: the server would refuse its whole file for it
    out_of_range,  // the nearest possible value is taken
    set_by_agent,  // left out: the agent forces it or gives it as an option
  };
  Kind kind;
  std::string name;
  std::string value;
  std::optional<std::string> used;  // out_of_range
  bool operator==(const SettingFinding&) const = default;
};

struct FilteredSettings {
  Settings taken;
  std::vector<SettingFinding> findings;
};

// Each setting for itself: one that is wrong keeps no other one back (agent-cases.md, row 18). Names with a dot
// belong to extensions, and those for developers are known here: both are taken as they are. A number with a unit is
// not held against the range, since the setting's own unit is not known here. With no described settings (the program
// did not answer) nothing is judged but what is the agent's.
[[nodiscard]] FilteredSettings filter_settings(const Settings& wanted, const DescribedSettings& known);

}  // namespace tamada::agent
