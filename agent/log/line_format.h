// LineFormat: one record of the agent's log as one line, in the form that LogSettings ask for: Patroni's own
// ("2026-11-29 15:49:01,123 INFO: words"), another text with %(name)s fields, or JSON. Pure: the time is handed in.
//
// A line is one line whatever the words hold: in a text, control characters and bytes that are no UTF-8 are written as
// \n, \u001b, \xff; in JSON as JSON says. Fields that Python's logging module knows are there: those that a C++ program has no
// answer to (module, funcName, lineno, ...) have a fixed one. A field that it does not know stands in a text as it was written,
// and is null in JSON.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/log_settings.h"
#include "agent/log/severity.h"

namespace tamada::agent {

struct LogRecord {
  std::tm local{};           // the wall clock's time, where the node is
  std::int64_t unix_ms = 0;  // the same, in milliseconds since 1970
  std::int64_t up_ms = 0;    // since the log began
  Severity severity = Severity::info;
  std::string_view words;
  std::int64_t process = 0;
};

class LineFormat {
 public:
  explicit LineFormat(const LogSettings& settings);

  // Without its end.
  [[nodiscard]] std::string line(const LogRecord& record) const;

 private:
  // A part of a text: a field, or the text between two.
  struct Part {
    std::string text;  // of a field: as it was written
    std::string name;  // empty: no field
    bool is_left = false;
    bool has_zeros = false;
    std::size_t width = 0;
    std::optional<std::size_t> precision;
    char type = 's';
  };
  [[nodiscard]] static std::vector<Part> parts_of(std::string_view format);
  [[nodiscard]] static std::optional<Part> field_at(std::string_view format);

  void read_json_fields(const patroni::ConfigValue& format);
  // Not set: there is no such field.
  [[nodiscard]] std::optional<patroni::ConfigValue> value_of(std::string_view name,
                                                             const LogRecord& record) const;
  [[nodiscard]] std::string asctime(const LogRecord& record) const;
  [[nodiscard]] std::string text_line(const LogRecord& record) const;
  [[nodiscard]] std::string json_line(const LogRecord& record) const;

  const LogSettings::Type type_;
  const std::string date_format_;
  const patroni::ConfigValue static_fields_;
  std::vector<Part> parts_;                                       // of a text
  std::vector<std::pair<std::string, std::string>> json_fields_;  // with the names that they are shown by
};

}  // namespace tamada::agent
