#include "agent/postgres/formats/described_settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "agent/postgres/formats/number_text.h"
#include "agent/postgres/formats/postmaster_call.h"

namespace tamada::agent {

namespace {

// Settings of 13 to 17 that the server takes from a file and does not describe (manual, "Developer Options", and a few
// more that it does not put into its sample file).
constexpr std::array<std::string_view, 38> undescribed{"allow_in_place_tablespaces",
                                                       "allow_system_table_mods",
                                                       "application_name",
                                                       "backtrace_functions",
                                                       "debug_copy_parse_plan_trees",
                                                       "debug_discard_caches",
                                                       "debug_io_direct",
                                                       "debug_logical_replication_streaming",
                                                       "debug_parallel_query",
                                                       "debug_raw_expression_coverage_test",
                                                       "debug_write_read_parse_plan_trees",
                                                       "default_with_oids",
                                                       "enable_group_by_reordering",
                                                       "force_parallel_mode",
                                                       "ignore_checksum_failure",
                                                       "ignore_invalid_pages",
                                                       "ignore_system_indexes",
                                                       "jit_debugging_support",
                                                       "jit_dump_bitcode",
                                                       "jit_expressions",
                                                       "jit_profiling_support",
                                                       "jit_tuple_deforming",
                                                       "logical_replication_mode",
                                                       "max_stack_depth",
                                                       "post_auth_delay",
                                                       "pre_auth_delay",
                                                       "recovery_init_sync_method",
                                                       "remove_temp_files_after_crash",
                                                       "restrict_nonsystem_relation_kind",
                                                       "send_abort_for_crash",
                                                       "send_abort_for_kill",
                                                       "trace_connection_negotiation",
                                                       "trace_notify",
                                                       "trace_recovery_messages",
                                                       "trace_sort",
                                                       "wal_consistency_checking",
                                                       "wal_debug",
                                                       "zero_damaged_pages"};

std::optional<SettingContext> context_of(std::string_view word) {
  if (word == "internal") return SettingContext::internal;
  if (word == "postmaster") return SettingContext::postmaster;
  if (word == "sighup") return SettingContext::sighup;
  if (word == "backend" || word == "superuser-backend") return SettingContext::backend;
  if (word == "user" || word == "superuser") return SettingContext::user;
  return std::nullopt;
}

std::optional<SettingType> type_of(std::string_view word) {
  if (word == "BOOLEAN") return SettingType::boolean;
  if (word == "INTEGER") return SettingType::integer;
  if (word == "REAL") return SettingType::real;
  if (word == "STRING") return SettingType::string;
  if (word == "ENUM") return SettingType::enumeration;
  return std::nullopt;
}

std::optional<double> bound_of(std::string_view text) {
  return text.empty() ? std::nullopt : parse_setting_real(text, "");
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_agents(const std::string& name) {
  return is_command_line_setting(name) || is_recovery_setting(name) || name == "data_directory" ||
         name == "config_file";
}

std::string text_of(SettingType type, double bound) {
  if (type == SettingType::integer) return std::to_string(static_cast<long long>(bound));
  std::string text = std::to_string(bound);
  return text;
}

bool has_unit(std::string_view value) {
  value = trimmed(value);
  return !value.empty() && std::isalpha(static_cast<unsigned char>(value.back())) != 0 &&
         value.substr(0, 2) != "0x" && value.substr(0, 2) != "0X";
}

// Does it begin like a number that some unit may follow?
bool is_number_with_unit(std::string_view value) {
  for (const std::string_view unit : {"kB", "ms"}) {
    if (parse_setting_real(value, unit)) return true;
  }
  return false;
}

void judge(const std::string& name, const std::string& value, const DescribedSetting& known,
           FilteredSettings& result) {
  using Kind = SettingFinding::Kind;
  const auto refuse = [&] { result.findings.push_back({Kind::wrong_value, name, value, std::nullopt}); };
  if (known.type == SettingType::boolean) {
    if (!parse_setting_bool(value)) return refuse();
  } else if (known.type == SettingType::integer || known.type == SettingType::real) {
    if (has_unit(value)) {
      if (!is_number_with_unit(value)) return refuse();
    } else {
      const auto number = parse_setting_real(value, "");
      if (!number) return refuse();
      const double nearest =
          std::max(known.least.value_or(*number), std::min(known.most.value_or(*number), *number));
      if (nearest != *number) {
        const std::string used = text_of(known.type, nearest);
        result.findings.push_back({Kind::out_of_range, name, value, used});
        result.taken[name] = used;
        return;
      }
    }
  }
  result.taken[name] = value;
}

}  // namespace

DescribedSettings parse_described_settings(std::string_view output) {
  DescribedSettings settings;
  while (const auto line = take_line(output)) {
    std::array<std::string_view, 7> fields;
    std::string_view rest = line->text;
    std::size_t count = 0;
    for (auto& field : fields) {
      const std::size_t tab = rest.find('\t');
      if (tab == std::string_view::npos) break;
      field = rest.substr(0, tab);
      rest = rest.substr(tab + 1);
      ++count;
    }
    const auto context = context_of(fields[1]);
    const auto type = type_of(fields[3]);
    if (count < fields.size() || !context || !type || !is_setting_name(fields[0])) continue;
    settings[lower(fields[0])] = {*context, *type, bound_of(fields[5]), bound_of(fields[6])};
  }
  return settings;
}

FilteredSettings filter_settings(const Settings& wanted, const DescribedSettings& known) {
  using Kind = SettingFinding::Kind;
  FilteredSettings result;
  for (const auto& [written, value] : wanted) {
    const std::string name = written.find('.') == std::string::npos ? lower(written) : written;
    if (is_agents(name)) {
      result.findings.push_back({Kind::set_by_agent, written, value, std::nullopt});
      continue;
    }
    const bool is_undescribed = std::find(undescribed.begin(), undescribed.end(), name) != undescribed.end();
    const auto found = known.find(name);
    if (found != known.end()) {
      judge(name, value, found->second, result);
    } else if (known.empty() || is_undescribed ||
               (name.find('.') != std::string::npos && is_setting_name(name))) {
      result.taken[name] = value;
    } else {
      result.findings.push_back({Kind::unknown_name, written, value, std::nullopt});
    }
  }
  return result;
}

}  // namespace tamada::agent
