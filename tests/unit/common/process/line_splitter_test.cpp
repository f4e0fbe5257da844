#include "common/process/line_splitter.h"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tamada {
namespace {

using namespace std::string_view_literals;

using Line = std::pair<std::string, bool>;  // and whether it was cut

std::vector<Line> split(const std::vector<std::string_view>& pieces, std::size_t longest = 10) {
  LineSplitter splitter(longest);
  std::vector<Line> lines;
  for (std::string_view bytes : pieces) {
    while (splitter.take(bytes)) lines.emplace_back(splitter.line(), splitter.is_cut());
    CHECK(bytes.empty());
  }
  if (splitter.finish()) lines.emplace_back(splitter.line(), splitter.is_cut());
  CHECK_FALSE(splitter.finish());  // told once
  return lines;
}

TEST_CASE("lines are the same however their bytes come", "[line_splitter]") {
  const std::string_view text = "one\n\ntwo\r\nexactly 10\nthis is longer\n\0x\nrest"sv;
  const std::vector<Line> expected = {{"one", false},       {"", false},
                                      {"two\r", false},     {"exactly 10", false},
                                      {"this is lo", true}, {std::string("\0x", 2), false},
                                      {"rest", false}};
  CHECK(split({text}) == expected);
  for (std::size_t a = 0; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b) {
      REQUIRE(split({text.substr(0, a), text.substr(a, b - a), text.substr(b)}) == expected);
    }
  }
}

TEST_CASE("the end without a newline is a line, the end after one is none", "[line_splitter]") {
  CHECK(split({""}).empty());
  CHECK(split({"a\n"}) == std::vector<Line>{{"a", false}});
  CHECK(split({"a\nb"}) == std::vector<Line>{{"a", false}, {"b", false}});
  CHECK(split({"a\n12345678901"}) == std::vector<Line>{{"a", false}, {"1234567890", true}});
}

TEST_CASE("a line without an end takes no more memory than a long one may", "[line_splitter]") {
  LineSplitter splitter(100);
  const std::string block(4096, 'x');
  for (int i = 0; i < 1000; ++i) {
    std::string_view bytes = block;
    REQUIRE_FALSE(splitter.take(bytes));
    REQUIRE(splitter.line().size() == 100);
  }
  std::string_view newline = "\nnext\n";
  REQUIRE(splitter.take(newline));
  CHECK(splitter.is_cut());
  REQUIRE(splitter.take(newline));
  CHECK(splitter.line() == "next");
  CHECK_FALSE(splitter.is_cut());
}

}  // namespace
}  // namespace tamada
