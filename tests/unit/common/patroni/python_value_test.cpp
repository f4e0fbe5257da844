#include "common/patroni/python_value.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>

using namespace tamada::patroni;
using Json = nlohmann::ordered_json;

TEST_CASE("values print as Python prints them", "[python_value]") {
  CHECK(PythonValue().text() == "None");
  CHECK(PythonValue(true).text() == "True");
  CHECK(PythonValue(false).text() == "False");
  CHECK(PythonValue(-7).text() == "-7");
  CHECK(PythonValue("off").text() == "off");
  CHECK(PythonValue(1.0).text() == "1.0");
  CHECK(PythonValue(0.1).text() == "0.1");
  CHECK(PythonValue(-2.5).text() == "-2.5");
  CHECK(PythonValue(1e15).text() == "1000000000000000.0");
  CHECK(PythonValue(1e16).text() == "1e+16");
  CHECK(PythonValue(0.0001).text() == "0.0001");
  CHECK(PythonValue(0.00001).text() == "1e-05");
  CHECK(PythonValue::of(Json::parse(R"({"a": [1]})")).text() == R"({"a":[1]})");
  CHECK(PythonValue(true).query_text() == "true");
  CHECK(PythonValue("True").query_text() == "True");
}

TEST_CASE("values are true where Python's are", "[python_value]") {
  for (const PythonValue& value :
       {PythonValue(), PythonValue(false), PythonValue(0), PythonValue(0.0), PythonValue(""),
        PythonValue::of(Json::array()), PythonValue::of(Json::object())}) {
    INFO(value.text());
    CHECK_FALSE(value.is_truthy());
  }
  for (const PythonValue& value : {PythonValue(true), PythonValue(-1), PythonValue(0.5), PythonValue("false"),
                                   PythonValue::of(Json::array({0}))}) {
    INFO(value.text());
    CHECK(value.is_truthy());
  }
}

TEST_CASE("whole numbers are found in a value as Patroni finds them", "[python_value]") {
  using Case = std::pair<PythonValue, std::optional<std::int64_t>>;
  for (const auto& [value, wanted] : {
           Case{7, 7},
           Case{" 7 ", 7},
           Case{"0x10", 16},
           Case{"-010", -8},
           Case{"+3", 3},
           Case{"08", std::nullopt},
           Case{"1e3", 1000},
           Case{"1.5", 2},
           Case{"2.5", 2},
           Case{".5", 0},
           Case{2.5, 2},
           Case{3.5, 4},
           Case{"1MB", std::nullopt},
           Case{"1 s", std::nullopt},
           Case{"", std::nullopt},
           Case{"x", std::nullopt},
           Case{"1.x", std::nullopt},
           Case{true, std::nullopt},
           Case{PythonValue(), std::nullopt},
           Case{"99999999999999999999", std::nullopt},
           Case{1e300, std::nullopt},
           Case{std::nan(""), std::nullopt},
       }) {
    INFO(value.text());
    CHECK(value.as_int() == wanted);
  }
}

TEST_CASE("switches are read as words in any case", "[python_value]") {
  CHECK(PythonValue("ON").as_bool() == true);
  CHECK(PythonValue(true).as_bool() == true);
  CHECK(PythonValue(1).as_bool() == true);
  CHECK(PythonValue("no").as_bool() == false);
  CHECK(PythonValue(0).as_bool() == false);
  CHECK_FALSE(PythonValue("maybe").as_bool());
  CHECK_FALSE(PythonValue().as_bool());
}

TEST_CASE("types and order survive reading and writing", "[python_value]") {
  const std::string text = R"({"z":1,"a":1.0,"m":"1","n":true,"o":null,"p":[1,{"q":2}],"u":"\u00e9"})";
  const Json json = Json::parse(text);
  PythonDict dict;
  for (const auto& [name, value] : json.items()) dict.emplace_back(name, PythonValue::of(value));
  Json again = Json::object();
  for (const auto& [name, value] : dict) again[name] = value.to_json();
  CHECK(compact_json(again) == text);
  CHECK(find_value(dict, "m")->as_text() != nullptr);
  CHECK(find_value(dict, "x") == nullptr);
  CHECK_FALSE(PythonValue(1) == PythonValue(1.0));
  CHECK_FALSE(PythonValue(1) == PythonValue(true));
  CHECK(PythonValue::of(Json(std::uint64_t{1} << 63)).text() == "9.223372036854776e+18");
}
