#include "agent/postgres/formats/setting_value.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace tamada::agent;

TEST_CASE("switches are read as the server reads them", "[setting_value]") {
  for (const char* text : {"on", "ON", "true", "True", "t", "tr", "yes", "y", "1", " on "}) {
    INFO(text);
    CHECK(parse_setting_bool(text) == true);
  }
  for (const char* text : {"off", "of", "false", "False", "f", "no", "n", "0"}) {
    INFO(text);
    CHECK(parse_setting_bool(text) == false);
  }
  for (const char* text : {"", "o", "2", "onn", "truee", "-", "10"}) {
    INFO(text);
    CHECK_FALSE(parse_setting_bool(text).has_value());
  }
}

TEST_CASE("whole numbers may have units, fractions and other bases", "[setting_value]") {
  CHECK(parse_setting_integer("100", "") == 100);
  CHECK(parse_setting_integer(" -1 ", "kB") == -1);
  CHECK(parse_setting_integer("1GB", "MB") == 1024);
  CHECK(parse_setting_integer("1 GB", "8kB") == 131072);
  CHECK(parse_setting_integer("16MB", "16MB") == 1);
  CHECK(parse_setting_integer("0x10", "") == 16);
  CHECK(parse_setting_integer("010", "") == 8);
  CHECK(parse_setting_integer("1.5GB", "MB") == 1536);
  CHECK(parse_setting_integer("1e3", "") == 1000);
  CHECK(parse_setting_integer("4097.4kB", "kB") == 4097);
  CHECK(parse_setting_integer("4097.6kB", "kB") == 4098);
  CHECK(parse_setting_integer("5min", "s") == 300);
  CHECK(parse_setting_integer("1d", "h") == 24);
  CHECK(parse_setting_integer("1d", "min") == 1440);
  CHECK_FALSE(parse_setting_integer("1d", "kB"));
  CHECK(parse_setting_integer("1500us", "ms") == 2);
}

TEST_CASE("what is no number, or of another kind of unit, is none", "[setting_value]") {
  for (const char* text : {"", "abc", "1 X", "1gb", "1KB", "1 ms", "inf", "nan", "1.2.3", "--1", "1e999"}) {
    INFO(text);
    CHECK_FALSE(parse_setting_integer(text, "kB"));
  }
  CHECK_FALSE(parse_setting_integer("1GB", ""));
  CHECK_FALSE(parse_setting_integer("1MB", "0kB"));
  CHECK_FALSE(parse_setting_integer(std::string_view("1\0", 2), ""));
}

TEST_CASE("values that mean the same are the same", "[setting_value]") {
  CHECK(same_setting(SettingType::integer, "MB", "1GB", "1024MB") == true);
  CHECK(same_setting(SettingType::integer, "8kB", "16384", "128MB") == true);
  CHECK(same_setting(SettingType::integer, "8kB", "16384", "129MB") == false);
  CHECK(same_setting(SettingType::boolean, "", "on", "True") == true);
  CHECK(same_setting(SettingType::boolean, "", "on", "0") == false);
  CHECK(same_setting(SettingType::real, "", "0.1", "0.100") == true);
  CHECK(same_setting(SettingType::real, "", "1e-06", "0.000001") == true);
  CHECK(same_setting(SettingType::real, "ms", "2ms", "0.002s") == true);
  CHECK(same_setting(SettingType::enumeration, "", "remote_write", "REMOTE_WRITE") == true);
  CHECK(same_setting(SettingType::enumeration, "", "on", "true") == true);
  CHECK(same_setting(SettingType::enumeration, "", "replica", "hot_standby") == true);
  CHECK(same_setting(SettingType::enumeration, "", "replica", "logical") == false);
  CHECK(same_setting(SettingType::string, "", "a", "A") == false);
}

TEST_CASE("whether a value that cannot be read is the same is not known", "[setting_value]") {
  CHECK_FALSE(same_setting(SettingType::integer, "MB", "1GB", "lots").has_value());
  CHECK_FALSE(same_setting(SettingType::boolean, "", "perhaps", "on").has_value());
  CHECK_FALSE(same_setting(SettingType::real, "", "x", "1").has_value());
}

TEST_CASE("the types of settings are known by pg_settings' words", "[setting_value]") {
  CHECK(setting_type("bool") == SettingType::boolean);
  CHECK(setting_type("integer") == SettingType::integer);
  CHECK(setting_type("real") == SettingType::real);
  CHECK(setting_type("string") == SettingType::string);
  CHECK(setting_type("enum") == SettingType::enumeration);
  CHECK_FALSE(setting_type("text"));
}
