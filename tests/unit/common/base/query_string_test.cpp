#include "common/base/query_string.h"

#include <catch2/catch.hpp>

namespace tamada {
namespace {

TEST_CASE("percent signs are decoded, and those that mean nothing stand for themselves", "[query_string]") {
  CHECK(percent_decode("%41b%2f%2F") == "Ab//");
  CHECK(percent_decode("100%") == "100%");
  CHECK(percent_decode("%4") == "%4");
  CHECK(percent_decode("%zz%") == "%zz%");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b", true) == "a b");
  CHECK(percent_decode("%00") == std::string(1, '\0'));
}

TEST_CASE("a query is read as names and values, whatever it holds", "[query_string]") {
  CHECK(parse_query("a=1&b=x%20y&&c&d=&=e&a=2") ==
        QueryFields{{"a", "1"}, {"b", "x y"}, {"c", ""}, {"d", ""}, {"", "e"}, {"a", "2"}});
  CHECK(parse_query("").empty());
  CHECK(parse_query("&&&").empty());
  CHECK(parse_query("a=b=c") == QueryFields{{"a", "b=c"}});
  const QueryFields fields = parse_query("sort=began&sort=client");
  CHECK(find_field(fields, "sort") == "began");
  CHECK_FALSE(find_field(fields, "order"));
}

}  // namespace
}  // namespace tamada
