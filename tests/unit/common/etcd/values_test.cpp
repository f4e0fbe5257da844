#include "common/etcd/values.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::etcd;

TEST_CASE("the end of a prefix is its last byte plus one", "[values]") {
  CHECK(range_end_of_prefix("/service/demo/") == "/service/demo0");
  CHECK(range_end_of_prefix("a") == "b");
  CHECK(range_end_of_prefix("a\xff\xff") == "b");
  CHECK(range_end_of_prefix("\xff") == std::string(1, '\0'));
  CHECK(range_end_of_prefix("") == std::string(1, '\0'));
}
