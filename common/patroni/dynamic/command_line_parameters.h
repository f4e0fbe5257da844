// The PostgreSQL parameters that a whole cluster shares: they come from the shared configuration only, and
// most are given to the postmaster on its command line, so that no file and no ALTER SYSTEM overrules them.
// The table, and one value of it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/patroni/dynamic/python_value.h"

namespace tamada::patroni {

struct CommandLineParameter {
  enum class Check : std::uint8_t {
    forced,  // never configured: it follows from the node's own file
    level,   // hot_standby, replica, logical
    on,      // only on
    on_off,
    whole,  // at least `least`, in megabytes where `unit` says so
  };
  std::string_view name;
  Check check = Check::forced;
  std::string_view otherwise = {};  // the default; empty: none
  std::int64_t least = 0;
  BaseUnit unit = BaseUnit::none;
  bool on_command_line = true;    // wal_keep_* stand in the file
  bool replicas_need_it = false;  // a replica does not start with less than the leader's WAL was written with
};

[[nodiscard]] std::span<const CommandLineParameter> command_line_parameters();

// By its name, in any case; or null.
[[nodiscard]] const CommandLineParameter* find_command_line_parameter(std::string_view name);

// As PostgreSQL takes it; nothing: not usable.
[[nodiscard]] std::optional<std::string> checked_value(const CommandLineParameter& parameter,
                                                       const ConfigValue& value);

// What such a parameter may be, for people: "a whole number of at least 25".
[[nodiscard]] std::string expected_value(const CommandLineParameter& parameter);

}  // namespace tamada::patroni
