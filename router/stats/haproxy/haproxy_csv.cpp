#include "router/stats/haproxy/haproxy_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "router/stats/haproxy/haproxy_json.h"
#include "router/stats/haproxy/haproxy_names.h"

namespace tamada::router {
namespace {

constexpr std::size_t bytes_of_header = 1400;
constexpr std::size_t bytes_per_row = 420;

void add_number(std::string& out, const HaproxyValue& value) {
  const fmt::format_int text = value.type == HaproxyValue::Type::s32 ? fmt::format_int(value.as_signed())
                                                                     : fmt::format_int(value.number);
  out.append(text.data(), text.size());
}

void add_quoted(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char sign : text) {
    if (sign == '"') out += '"';
    out += sign;
  }
  out += '"';
}

std::string_view type_word(HaproxyValue::Type type) {
  switch (type) {
    case HaproxyValue::Type::u32:
      return "u32";
    case HaproxyValue::Type::u64:
      return "u64";
    case HaproxyValue::Type::s32:
      return "s32";
    case HaproxyValue::Type::text:
      return "str";
    case HaproxyValue::Type::empty:
      break;
  }
  return "";
}

}  // namespace

std::string render_csv(const StatsSnapshot& snapshot, const StatQuery& query, const RenderOptions& options) {
  const HaproxyTable table = haproxy_table(snapshot, options);
  std::string out;
  out.reserve(bytes_of_header + table.rows.size() * bytes_per_row);
  out += "# ";
  for (const HaproxyColumn& column : haproxy_columns) {
    out += column.name;
    out += ',';
  }
  out += "-,\n";
  for (const HaproxyRow& row : table.rows) {
    if (!query.wants(row)) continue;
    for (const HaproxyValue& value : row.values) {
      if (value.type == HaproxyValue::Type::text) {
        add_quoted(out, value.text);
      } else if (value.is_set()) {
        add_number(out, value);
      }
      out += ',';
    }
    out += "-,\n";
  }
  return out;
}

std::string render_typed(const StatsSnapshot& snapshot, const StatQuery& query,
                         const RenderOptions& options) {
  constexpr std::string_view letters = "FBS";
  const HaproxyTable table = haproxy_table(snapshot, options);
  std::string out;
  out.reserve(table.rows.size() * bytes_per_row * 5);
  for (const HaproxyRow& row : table.rows) {
    if (!query.wants(row)) continue;
    for (std::size_t i = 0; i < column_count; ++i) {
      const HaproxyValue& value = row.values[i];
      if (!value.is_set()) continue;
      const HaproxyColumn& column = haproxy_columns[i];
      fmt::format_to(std::back_inserter(out),
                     "{}.{}.{}.{}.{}.1:{}:{}:", letters[static_cast<std::size_t>(row.kind)], row.iid, row.sid,
                     i, column.name, column.tags, type_word(value.type));
      if (value.type == HaproxyValue::Type::text) {
        out += value.text;
      } else {
        add_number(out, value);
      }
      if (query.describe) {
        out += ":\"";
        out += column.words;
        out += '"';
      }
      out += '\n';
    }
  }
  return out;
}

std::string render_stat(const StatsSnapshot& snapshot, const StatQuery& query, const RenderOptions& options) {
  switch (query.format) {
    case StatQuery::Format::csv:
      return render_csv(snapshot, query, options);
    case StatQuery::Format::typed:
      return render_typed(snapshot, query, options);
    case StatQuery::Format::json:
      return render_haproxy_json(snapshot, query, options);
  }
  return {};
}

std::string show_stat(const StatsSnapshot& snapshot, std::span<const std::string_view> words,
                      const RenderOptions& options) {
  const StatQuery query = parse_show_stat(words);
  if (!query.proxy.empty()) {
    const std::vector<std::string> names = proxy_names(snapshot);
    const bool is_port = options.port && query.proxy == stats_proxy;
    if (!is_port && std::find(names.begin(), names.end(), query.proxy) == names.end()) {
      return "No such proxy.\n";
    }
  }
  return render_stat(snapshot, query, options);
}

}  // namespace tamada::router
