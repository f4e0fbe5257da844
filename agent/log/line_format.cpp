#include "agent/log/line_format.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <iomanip>
#include <iterator>
#include <locale>
#include <sstream>

#include "common/base/utf8.h"

namespace tamada::agent {

namespace {

using patroni::ConfigValue;

constexpr std::string_view usual_format = "%(asctime)s %(levelname)s: %(message)s";
constexpr std::string_view program = "tamada-agent";
constexpr std::size_t widest = 200;  // of a field that is padded

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = read_utf8(text.substr(at));
    if (!c.valid) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned>(c.code));
    } else if (c.code == '\n') {
      line += "\\n";
    } else if (c.code == '\r') {
      line += "\\r";
    } else if (is_control(c.code) && c.code != '\t') {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned>(c.code));
    } else {
      line += text.substr(at, c.length);
    }
    at += c.length;
  }
  return line;
}

// The digits at the start, which are taken away.
std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return std::min(number, widest);
}

}  // namespace

LineFormat::LineFormat(const LogSettings& settings)
    : type_(settings.type), date_format_(settings.dateformat), static_fields_(settings.static_fields) {
  if (type_ == LogSettings::Type::json) {
    read_json_fields(settings.format);
  } else {
    // A list is for JSON only: Patroni writes its usual form then.
    const bool is_text = settings.format.is_string();
    parts_ = parts_of(is_text ? settings.format.get_ref<const std::string&>() : std::string(usual_format));
  }
}

std::vector<LineFormat::Part> LineFormat::parts_of(std::string_view format) {
  std::vector<Part> parts(1);
  while (!format.empty()) {
    if (format.substr(0, 2) == "%%") {
      parts.back().text += '%';
      format.remove_prefix(2);
      continue;
    }
    if (auto field = field_at(format)) {
      format.remove_prefix(field->text.size());
      parts.push_back(*std::move(field));
      parts.emplace_back();
      continue;
    }
    parts.back().text += format.front();
    format.remove_prefix(1);
  }
  return parts;
}

// "%(levelname)-8s" at the start. Not set: something else stands there.
std::optional<LineFormat::Part> LineFormat::field_at(std::string_view format) {
  const std::size_t close = format.find(')');
  if (format.substr(0, 2) != "%(" || close == std::string_view::npos) return std::nullopt;
  Part field;
  field.name = format.substr(2, close - 2);
  std::string_view rest = format.substr(close + 1);
  for (; !rest.empty() && std::string_view("-0+ #").find(rest.front()) != std::string_view::npos;
       rest.remove_prefix(1)) {
    if (rest.front() == '-') field.is_left = true;
    if (rest.front() == '0') field.has_zeros = true;
  }
  field.width = take_number(rest).value_or(0);
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    field.precision = take_number(rest).value_or(0);
  }
  if (rest.empty() || std::string_view("sdiufr").find(rest.front()) == std::string_view::npos)
    return std::nullopt;
  field.type = rest.front();
  field.text = format.substr(0, format.size() - rest.size() + 1);
  return field;
}

// As Patroni reads it: a text, whose fields count; or a list of names, and of objects {name: shown name}.
void LineFormat::read_json_fields(const ConfigValue& format) {
  const auto add = [this](const std::string& name, const std::string& shown) {
    const bool known = std::any_of(json_fields_.begin(), json_fields_.end(),
                                   [&](const auto& field) { return field.second == shown; });
    if (!known) json_fields_.emplace_back(name, shown);
  };
  const auto add_text = [&](std::string_view text) {
    for (const Part& part : parts_of(text)) {
      if (!part.name.empty()) add(part.name, part.name);
    }
  };
  if (format.is_string()) add_text(format.get_ref<const std::string&>());
  if (format.is_array()) {
    for (const ConfigValue& entry : format) {
      if (entry.is_string()) add(entry.get<std::string>(), entry.get<std::string>());
      if (!entry.is_object()) continue;
      for (const auto& [name, shown] : entry.items()) {
        if (shown.is_string()) add(name, shown.get<std::string>());
      }
    }
  }
  if (json_fields_.empty()) add_text(usual_format);
}

std::string LineFormat::asctime(const LogRecord& record) const {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::put_time(&record.local, date_format_.empty() ? "%Y-%m-%d %H:%M:%S" : date_format_.c_str());
  std::string time = out.str();
  if (date_format_.empty()) fmt::format_to(std::back_inserter(time), ",{:03}", record.unix_ms % 1000);
  return time;
}

std::optional<ConfigValue> LineFormat::value_of(std::string_view name, const LogRecord& record) const {
  if (name == "message") return std::string(record.words);
  if (name == "asctime") return asctime(record);
  if (name == "levelname") return std::string(name_of(record.severity));
  if (name == "levelno") return number_of(record.severity);
  if (name == "name" || name == "module" || name == "filename" || name == "pathname" ||
      name == "processName") {
    return std::string(program);
  }
  if (name == "process" || name == "thread") return record.process;
  if (name == "threadName") return "MainThread";
  if (name == "funcName") return "-";
  if (name == "lineno") return 0;
  if (name == "created") return static_cast<double>(record.unix_ms) / 1000;
  if (name == "msecs") return record.unix_ms % 1000;
  if (name == "relativeCreated") return record.up_ms;
  return std::nullopt;
}

std::string LineFormat::line(const LogRecord& record) const {
  return type_ == LogSettings::Type::json ? json_line(record) : text_line(record);
}

std::string LineFormat::text_line(const LogRecord& record) const {
  std::string line;
  for (const Part& part : parts_) {
    const std::optional<ConfigValue> value = part.name.empty() ? std::nullopt : value_of(part.name, record);
    if (!value) {
      line += part.text;
      continue;
    }
    std::string text;
    if (!value->is_number() || part.type == 's' || part.type == 'r') {
      text = patroni::python_text(*value);
      if (part.precision) text = text.substr(0, *part.precision);
    } else if (part.type == 'f') {
      text = fmt::format("{:.{}f}", value->get<double>(), part.precision.value_or(6));
    } else {
      text = std::to_string(value->get<std::int64_t>());
    }
    const std::size_t missing = part.width > text.size() ? part.width - text.size() : 0;
    const char filler = part.has_zeros && !part.is_left && value->is_number() && part.type != 's' ? '0' : ' ';
    text.insert(part.is_left ? text.size() : 0, missing, filler);
    line += text;
  }
  return one_line(line);
}

std::string LineFormat::json_line(const LogRecord& record) const {
  ConfigValue line = ConfigValue::object();
  for (const auto& [name, shown] : json_fields_) {
    line[shown] = value_of(name, record).value_or(ConfigValue());
  }
  if (static_fields_.is_object()) {
    for (const auto& [name, value] : static_fields_.items()) line[name] = value;
  }
  return line.dump(-1, ' ', true, ConfigValue::error_handler_t::replace);
}

}  // namespace tamada::agent
