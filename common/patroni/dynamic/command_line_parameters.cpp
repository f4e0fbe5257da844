#include "common/patroni/dynamic/command_line_parameters.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "common/patroni/dynamic/postgres_parameters.h"

namespace tamada::patroni {

namespace {

using Check = CommandLineParameter::Check;
using P = CommandLineParameter;

// Patroni's defaults and minima: members of one cluster have to agree on them.
constexpr std::array<CommandLineParameter, 15> table{{
    P{.name = "listen_addresses"},
    P{.name = "port"},
    P{.name = "cluster_name"},
    P{.name = "wal_level", .check = Check::level, .otherwise = "replica"},
    P{.name = "hot_standby", .check = Check::on, .otherwise = "on"},
    P{.name = "max_connections",
      .check = Check::whole,
      .otherwise = "100",
      .least = 25,
      .replicas_need_it = true},
    P{.name = "max_wal_senders",
      .check = Check::whole,
      .otherwise = "10",
      .least = 3,
      .replicas_need_it = true},
    P{.name = "max_prepared_transactions", .check = Check::whole, .otherwise = "0", .replicas_need_it = true},
    P{.name = "max_locks_per_transaction",
      .check = Check::whole,
      .otherwise = "64",
      .least = 32,
      .replicas_need_it = true},
    P{.name = "track_commit_timestamp", .check = Check::on_off, .otherwise = "off"},
    P{.name = "max_replication_slots", .check = Check::whole, .otherwise = "10", .least = 4},
    P{.name = "max_worker_processes",
      .check = Check::whole,
      .otherwise = "8",
      .least = 2,
      .replicas_need_it = true},
    P{.name = "wal_log_hints", .check = Check::on_off, .otherwise = "on"},
    P{.name = "wal_keep_segments", .check = Check::whole, .least = 1, .on_command_line = false},
    P{.name = "wal_keep_size",
      .check = Check::whole,
      .least = 16,
      .unit = BaseUnit::megabytes,
      .on_command_line = false},
}};

}  // namespace

std::span<const CommandLineParameter> command_line_parameters() {
  return table;
}

const CommandLineParameter* find_command_line_parameter(std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const CommandLineParameter& each) {
    return same_parameter(each.name, name);
  });
  return found == table.end() ? nullptr : &*found;
}

std::optional<std::string> checked_value(const CommandLineParameter& parameter, const ConfigValue& value) {
  std::string text = python_text(value);
  switch (parameter.check) {
    case Check::forced:
      return std::nullopt;
    case Check::level:
      std::transform(text.begin(), text.end(), text.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      if (!value.is_string() || (text != "hot_standby" && text != "replica" && text != "logical")) return {};
      // PostgreSQL 9.6 and later know the older word as an alias; every comparison with what it says is simpler so.
      return text == "hot_standby" ? "replica" : text;
    case Check::on:
      if (parse_switch(value) != true) return std::nullopt;
      return "on";
    case Check::on_off: {
      const auto on = parse_switch(value);
      if (!on) return std::nullopt;
      return *on ? "on" : "off";
    }
    case Check::whole: {
      const auto number = parse_whole(value, parameter.unit);
      if (!number || *number < parameter.least || *number > 0x7fffffff) return std::nullopt;
      return parameter.unit == BaseUnit::megabytes ? fmt::format("{}MB", *number) : std::to_string(*number);
    }
  }
  return std::nullopt;
}

std::string expected_value(const CommandLineParameter& parameter) {
  switch (parameter.check) {
    case Check::forced:
      return "nothing: it follows from the node's own configuration file";
    case Check::level:
      return "replica or logical";
    case Check::on:
      return "on";
    case Check::on_off:
      return "on or off";
    case Check::whole:
      return parameter.unit == BaseUnit::megabytes
                 ? fmt::format("at least {}MB", parameter.least)
                 : fmt::format("a whole number of at least {}", parameter.least);
  }
  return "";
}

}  // namespace tamada::patroni
