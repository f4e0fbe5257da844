#include "common/etcd/json_splitter.h"

#include <catch2/catch.hpp>

using namespace tamada;
using etcd::JsonSplitter;

TEST_CASE("objects are found however the stream is cut or joined", "[json_splitter]") {
  const std::string stream = "{\"a\":1}\n{\"b\":{\"c\":\"}{\\\"}\\\\\"}} \r\n{}{\"d\":[{},{}]}\n";
  const std::vector<std::string> expected{"{\"a\":1}", "{\"b\":{\"c\":\"}{\\\"}\\\\\"}}", "{}",
                                          "{\"d\":[{},{}]}"};
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    INFO("cut at " << cut);
    JsonSplitter splitter(100);
    std::vector<std::string> objects;
    REQUIRE(splitter.feed(std::string_view(stream).substr(0, cut), objects));
    REQUIRE(splitter.feed(std::string_view(stream).substr(cut), objects));
    CHECK(objects == expected);
    CHECK(splitter.pending() == 0);
  }
}

TEST_CASE("an object longer than the limit is an error, not memory", "[json_splitter]") {
  JsonSplitter splitter(10);
  std::vector<std::string> objects;
  CHECK(splitter.feed("{\"a\":1234}", objects));
  CHECK(objects.size() == 1);
  const Error error = splitter.feed("{\"a\":12345}", objects).error();
  CHECK(error.kind == ErrorKind::too_large);
  CHECK(error.message == "a JSON object of more than 10 bytes");
  CHECK(splitter.pending() == 10);
}

TEST_CASE("what is no object is an error", "[json_splitter]") {
  std::vector<std::string> objects;
  CHECK(JsonSplitter(10).feed("[1]", objects).error().message ==
        "byte 0x5b between JSON objects; expected an object");
  CHECK(JsonSplitter(10).feed("{}}", objects).error().message ==
        "byte 0x7d between JSON objects; expected an object");
  CHECK(JsonSplitter(10).feed("<html>", objects).error().kind == ErrorKind::invalid);
}
