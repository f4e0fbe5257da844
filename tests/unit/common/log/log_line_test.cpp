#include "common/log/log_line.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <limits>

using namespace tamada;

namespace {

// 2026-11-23T10:00:00.123Z
constexpr std::chrono::system_clock::time_point moment{std::chrono::milliseconds(1795428000123)};

std::string text_value(std::string_view value) {
  const std::string line = log_line(LogFormat::text, moment, LogLevel::info, "e", {{"k", value}});
  return line.substr(line.find("k=") + 2);
}

nlohmann::json json_of(std::initializer_list<LogField> fields) {
  return nlohmann::json::parse(log_line(LogFormat::json, moment, LogLevel::info, "e", fields));
}

std::string every_byte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

}  // namespace

TEST_CASE("a fact is one line of text with its values as they are", "[log_line]") {
  CHECK(log_line(LogFormat::text, moment, LogLevel::info, "leader.confirmed",
                 {{"node", "pg-b"}, {"timeline", std::uint64_t{8}}, {"why", "pg-b says primary"}}) ==
        "2026-11-23T10:00:00.123Z info  leader.confirmed node=pg-b timeline=8 why=\"pg-b says primary\"");
  CHECK(log_line(LogFormat::text, moment, LogLevel::error, "x",
                 {{"a", std::int64_t{-3}}, {"b", 1.5}, {"c", true}, {"d", false}}) ==
        "2026-11-23T10:00:00.123Z error x a=-3 b=1.5 c=true d=false");
}

TEST_CASE("a fact is one JSON object a line", "[log_line]") {
  CHECK(log_line(LogFormat::json, moment, LogLevel::warn, "node.silent",
                 {{"node", "pg-c"}, {"last_heard_ms", std::int64_t{6004}}, {"ratio", 0.5}, {"fit", false}}) ==
        R"({"time":"2026-11-23T10:00:00.123Z","level":"warn","event":"node.silent","node":"pg-c",)"
        R"("last_heard_ms":6004,"ratio":0.5,"fit":false})");
}

TEST_CASE("a text value is quoted only where it must be", "[log_line]") {
  CHECK(text_value("10.0.3.7:51544") == "10.0.3.7:51544");
  CHECK(text_value("Ünïcode") == "Ünïcode");
  CHECK(text_value("") == R"("")");
  CHECK(text_value("a b") == R"("a b")");
  CHECK(text_value("k=v") == R"("k=v")");
  CHECK(text_value("say \"hi\"") == R"("say \"hi\"")");
  CHECK(text_value("back\\slash") == R"("back\\slash")");
}

TEST_CASE("hostile bytes never break a line of text nor steer a terminal", "[log_line]") {
  CHECK(text_value("a\nb\r\tc") == R"("a\nb\r\tc")");
  CHECK(text_value("\x1b[2J") == R"("\u001b[2J")");
  CHECK(text_value(std::string_view("\0", 1)) == R"("\u0000")");
  CHECK(text_value("\xff\xc3") == R"("\xff\xc3")");
  CHECK(text_value("\xe2\x80\xa8") == R"("\u2028")");
  CHECK(text_value("\xc2\x85") == R"("\u0085")");
  for (const char c : text_value(every_byte())) CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("hostile bytes stay inside their JSON string", "[log_line]") {
  const std::string bytes = every_byte();
  const auto object = json_of({{"k", bytes}});
  const auto value = object.at("k").get<std::string>();
  CHECK(value.substr(0, 128) == bytes.substr(0, 128));
  CHECK(value.substr(128, 3) == "\xef\xbf\xbd");
  CHECK(json_of({{"k", "\"}{"}}).at("k") == "\"}{");
  CHECK(json_of({{"k", std::numeric_limits<double>::quiet_NaN()}}).at("k").is_null());
  CHECK(json_of({{"k", std::numeric_limits<std::uint64_t>::max()}}).at("k") ==
        std::numeric_limits<std::uint64_t>::max());
  for (const char c : log_line(LogFormat::json, moment, LogLevel::info, "e", {{"k", bytes}}))
    CHECK(c != '\n');
}

TEST_CASE("a value of megabytes is cut and says so", "[log_line]") {
  const std::string big(1 << 20, 'x');
  CHECK(text_value(big).size() < max_value_bytes + 50);
  CHECK(text_value(big).ends_with("x ... (1044480 bytes more)\""));
  CHECK(json_of({{"k", big}}).at("k").get<std::string>().size() < max_value_bytes + 50);
}
