// Reads HAProxy's CSV as tools do: by the names of its header.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tamada::test {

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// RFC 4180: quoted fields, doubled quotes.
inline std::vector<std::string> csv_fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char sign = line[i];
    if (quoted && sign == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (sign == '"') {
      quoted = !quoted;
    } else if (sign == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += sign;
    }
  }
  return fields;
}

using CsvRow = std::map<std::string, std::string>;

// Every row but the header, in order.
inline std::vector<CsvRow> csv_rows(std::string_view text) {
  const std::vector<std::string> lines = lines_of(text);
  std::vector<std::string> names = csv_fields(std::string_view(lines.at(0)).substr(2));
  std::vector<CsvRow> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = csv_fields(lines[i]);
    CsvRow row;
    for (std::size_t k = 0; k < names.size(); ++k) row[names[k]] = fields.at(k);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace tamada::test
