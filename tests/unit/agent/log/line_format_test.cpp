#include "agent/log/line_format.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace tamada;
using namespace tamada::agent;
using nlohmann::ordered_json;

namespace {

LogRecord record(Severity severity, std::string_view words) {
  LogRecord made;
  made.local.tm_year = 126;
  made.local.tm_mon = 10;
  made.local.tm_mday = 29;
  made.local.tm_hour = 15;
  made.local.tm_min = 49;
  made.local.tm_sec = 1;
  made.unix_ms = 1'795'967'341'007;
  made.severity = severity;
  made.words = words;
  made.process = 4711;
  return made;
}

std::string text_of(const std::string& format, std::string_view words = "no action") {
  LogSettings settings;
  settings.format = format;
  return LineFormat(settings).line(record(Severity::warning, words));
}

ordered_json json_of(const patroni::ConfigValue& format, std::string_view words = "no action",
                     const patroni::ConfigValue& more = patroni::ConfigValue::object()) {
  LogSettings settings;
  settings.type = LogSettings::Type::json;
  settings.format = format;
  settings.static_fields = more;
  const std::string line = LineFormat(settings).line(record(Severity::info, words));
  CHECK(line.find('\n') == std::string::npos);
  return ordered_json::parse(line);
}

}  // namespace

TEST_CASE("a line is as Patroni writes it, for each level", "[agent][line_format]") {
  const LineFormat format{LogSettings()};
  CHECK(format.line(record(Severity::info, "no action. I am (pg1), the leader with the lock")) ==
        "2026-11-29 15:49:01,007 INFO: no action. I am (pg1), the leader with the lock");
  CHECK(format.line(record(Severity::debug, "a")) == "2026-11-29 15:49:01,007 DEBUG: a");
  CHECK(format.line(record(Severity::warning, "a")) == "2026-11-29 15:49:01,007 WARNING: a");
  CHECK(format.line(record(Severity::error, "a")) == "2026-11-29 15:49:01,007 ERROR: a");
  CHECK(format.line(record(Severity::critical, "a")) == "2026-11-29 15:49:01,007 CRITICAL: a");
}

TEST_CASE("a format's fields are those of Python", "[agent][line_format]") {
  CHECK(text_of("%(asctime)s [%(process)d] %(levelname)-8s|%(levelno)05d %(message)s") ==
        "2026-11-29 15:49:01,007 [4711] WARNING |00030 no action");
  CHECK(text_of("%(created)f %(created).3f %(msecs)03d %(message).2s %(message)12s.") ==
        "1795967341.007000 1795967341.007 007 no    no action.");
  CHECK(text_of("100%% %(name)s %(lineno)d") == "100% tamada-agent 0");
  // What is no field stands as it was written.
  CHECK(text_of("%(taskName)s %(message %s %") == "%(taskName)s %(message %s %");
}

TEST_CASE("a date has the form that was asked for", "[agent][line_format]") {
  LogSettings settings;
  settings.dateformat = "%d.%m.%Y {%H}";
  CHECK(LineFormat(settings).line(record(Severity::info, "a")) == "29.11.2026 {15} INFO: a");
}

TEST_CASE("a list without type json is no format of a text", "[agent][line_format]") {
  LogSettings settings;
  settings.format = patroni::ConfigValue::array({"message"});
  CHECK(LineFormat(settings).line(record(Severity::info, "a")) == "2026-11-29 15:49:01,007 INFO: a");
}

TEST_CASE("words cannot begin another line", "[agent][line_format]") {
  CHECK(text_of("%(message)s", "a\nb\r\x1b[1m\tü \xff\xe2\x80\xa8") == "a\\nb\\r\\u001b[1m\tü \\xff\\u2028");
}

TEST_CASE("JSON has the fields of a text, with their types", "[agent][line_format]") {
  CHECK(json_of("%(asctime)s %(levelname)s: %(message)s", "\"a\"\nü\xff").dump() ==
        R"({"asctime":"2026-11-29 15:49:01,007","levelname":"INFO","message":"\"a\"\nü)"
        "\xef\xbf\xbd\"}");
  CHECK(json_of("%(process)d %(taskName)s") == ordered_json::parse(R"({"process": 4711, "taskName": null})"));
}

TEST_CASE("JSON has a list's fields, with other names and further ones", "[agent][line_format]") {
  const auto format = patroni::ConfigValue::parse(R"(["message", {"levelname": "level", "asctime": 7}, 8])");
  CHECK(json_of(format, "a", {{"app", "patroni"}, {"n", 1}}).dump() ==
        R"({"message":"a","level":"INFO","app":"patroni","n":1})");
  CHECK(json_of(patroni::ConfigValue::array()).contains("message"));  // nothing of use: the usual ones
}
