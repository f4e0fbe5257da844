#include "common/patroni/dynamic/postgres_parameters.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "common/base/utf8.h"
#include "common/patroni/dynamic/command_line_parameters.h"

namespace tamada::patroni {

namespace {

constexpr std::string_view section_name = "postgresql.parameters";
constexpr std::int64_t megabytes_of_a_segment = 16;
constexpr int first_with_wal_keep_size = 130000;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string key_of(std::string_view section, std::string_view name) {
  return fmt::format("{}.{}", section, shortened(name, 60));
}

// Is it a section of parameters at all? Nothing, an empty text and the like are an empty one.
bool has_parameters(const ConfigValue& section, std::string_view key, std::vector<DynamicFinding>& findings) {
  if (!python_truth(section)) return false;
  if (section.is_object()) return true;
  findings.push_back(
      {FindingKind::invalid, std::string(key), "expected parameters, one a line: name: value"});
  return false;
}

class Merger {
 public:
  Merger(int server_version, const PostgresParameters& former) : version_(server_version), former_(former) {}

  void add_shared(const ConfigValue& section) {
    for (const CommandLineParameter& each : command_line_parameters()) {
      if (!each.otherwise.empty()) effective_.all[std::string(each.name)] = each.otherwise;
    }
    if (!has_parameters(section, section_name, effective_.findings)) return;
    for (const auto& [name, value] : section.items()) {
      if (const auto* known = find_command_line_parameter(name)) {
        add_checked(*known, name, value);
      } else {
        add_free(section_name, name, value);
      }
    }
  }

  void add_local(const ConfigValue& section, std::string_view key) {
    if (!has_parameters(section, key, effective_.findings)) return;
    for (const auto& [name, value] : section.items()) {
      const auto* known = find_command_line_parameter(name);
      if (known == nullptr) {
        add_free(key, name, value);
      } else {
        tell(FindingKind::no_effect, key, name,
             known->check == CommandLineParameter::Check::forced
                 ? "has no effect: it follows from postgresql.listen and scope"
                 : "has no effect in the node's own file, since all nodes share it; it belongs under "
                   "postgresql.parameters of the shared configuration (patronictl edit-config)");
      }
    }
  }

  EffectiveParameters finish(const ForcedParameters& forced) {
    effective_.all["cluster_name"] = forced.cluster_name;
    effective_.all["listen_addresses"] = forced.listen_addresses;
    effective_.all["port"] = forced.port;
    convert_wal_keep();
    return std::move(effective_);
  }

  void continue_with(EffectiveParameters effective) { effective_ = std::move(effective); }
  EffectiveParameters take() { return std::move(effective_); }

 private:
  void tell(FindingKind kind, std::string_view section, std::string_view name, std::string message) {
    effective_.findings.push_back({kind, key_of(section, name), std::move(message)});
  }

  void set(std::string_view name, std::string value) {
    // The later spelling counts, as in Patroni.
    if (const auto old = effective_.all.find(name); old != effective_.all.end()) effective_.all.erase(old);
    effective_.all.emplace(name, std::move(value));
  }

  void add_checked(const CommandLineParameter& known, const std::string& name, const ConfigValue& value) {
    if (value.is_null()) return;
    if (known.check == CommandLineParameter::Check::forced) {
      return tell(FindingKind::no_effect, section_name, name,
                  "has no effect: it follows from postgresql.listen and scope of each node");
    }
    if (auto text = checked_value(known, value)) return set(known.name, *std::move(text));
    const auto before = former_.find(known.name);
    if (before != former_.end()) set(known.name, before->second);
    tell(FindingKind::invalid, section_name, name,
         fmt::format("found \"{}\"; expected {}; {} stays", shortened(python_text(value), 60),
                     expected_value(known),
                     before != former_.end()   ? before->second
                     : known.otherwise.empty() ? "the default"
                                               : known.otherwise));
  }

  void add_free(std::string_view section, const std::string& name, const ConfigValue& value) {
    if (value.is_null()) return;
    const auto good = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '.' || c == '$';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), good)) {
      return tell(FindingKind::invalid, section, name,
                  "no name of a parameter; expected letters, digits, _ and, of an extension, a dot");
    }
    std::string text = python_text(value);
    if (value.is_structured()) {
      return tell(FindingKind::invalid, section, name, "found a list or settings; expected one value");
    }
    if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos) {
      return tell(FindingKind::invalid, section, name, "holds a line end; expected a value in one line");
    }
    set(name, std::move(text));
  }

  // One of the two is what the server knows.
  void convert_wal_keep() {
    PostgresParameters& all = effective_.all;
    const auto segments = all.find("wal_keep_segments");
    const auto size = all.find("wal_keep_size");
    const auto number_of = [&](PostgresParameters::iterator found, BaseUnit unit, std::int64_t otherwise) {
      return found == all.end() ? otherwise
                                : parse_whole(ConfigValue(found->second), unit).value_or(otherwise);
    };
    if (version_ >= first_with_wal_keep_size) {
      const auto megabytes = number_of(segments, BaseUnit::none, 8) * megabytes_of_a_segment;
      if (size == all.end()) all["wal_keep_size"] = fmt::format("{}MB", megabytes);
      all.erase("wal_keep_segments");
    } else {
      const auto megabytes = number_of(size, BaseUnit::megabytes, 8 * megabytes_of_a_segment);
      if (segments == all.end()) {
        all["wal_keep_segments"] =
            std::to_string((megabytes + megabytes_of_a_segment / 2) / megabytes_of_a_segment);
      }
      all.erase("wal_keep_size");
    }
  }

  int version_;
  const PostgresParameters& former_;
  EffectiveParameters effective_;
};

}  // namespace

bool same_parameter(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool ParameterLess::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return lower(x) < lower(y); });
}

EffectiveParameters effective_parameters(const ConfigValue& shared, const ConfigValue& local,
                                         const ForcedParameters& forced, int server_version,
                                         const PostgresParameters& former) {
  Merger merger(server_version, former);
  merger.add_shared(shared);
  merger.add_local(local, section_name);
  return merger.finish(forced);
}

void overlay_parameters(const ConfigValue& section, const std::string& key, EffectiveParameters& effective) {
  const PostgresParameters none;
  Merger merger(0, none);
  merger.continue_with(std::move(effective));
  merger.add_local(section, key);
  effective = merger.take();
}

std::vector<std::string> lowered_for_replicas(const PostgresParameters& former,
                                              const PostgresParameters& next) {
  std::vector<std::string> lowered;
  for (const CommandLineParameter& each : command_line_parameters()) {
    if (!each.replicas_need_it) continue;
    const auto before = former.find(each.name);
    const auto after = next.find(each.name);
    if (before == former.end() || after == next.end()) continue;
    const auto was = parse_whole(ConfigValue(before->second));
    const auto will_be = parse_whole(ConfigValue(after->second));
    if (was && will_be && *will_be < *was) lowered.emplace_back(each.name);
  }
  return lowered;
}

}  // namespace tamada::patroni
