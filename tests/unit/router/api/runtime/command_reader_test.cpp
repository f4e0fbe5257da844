#include "router/api/runtime/command_reader.h"

#include <catch2/catch.hpp>

using namespace tamada::router;

namespace {

using Commands = std::vector<std::string>;

void take_all(CommandReader& reader, Commands& commands) {
  while (auto command = reader.next()) commands.push_back(*command);
}

Commands commands_in(std::string_view bytes) {
  CommandReader reader;
  reader.add(bytes);
  Commands commands;
  take_all(reader, commands);
  return commands;
}

}  // namespace

TEST_CASE("a line holds commands between semicolons, and ends with LF or CR LF", "[command_reader]") {
  CHECK(commands_in("show info\n") == Commands{"show info"});
  CHECK(commands_in("show info;show stat\r\n") == Commands{"show info", "show stat"});
  CHECK(commands_in("a;b\nc\r\n\n") == Commands{"a", "b", "c", ""});
  CHECK(commands_in("a;\n") == Commands{"a", ""});
  CHECK(commands_in(";;\n") == Commands{"", "", ""});
  CHECK(commands_in("a\\;b;c\\\\;d\n") == Commands{"a\\;b", "c\\\\", "d"});
  CHECK(commands_in("a\\\nb\n") == Commands{"a\\", "b"});
}

TEST_CASE("nothing of a line is given out before its end is there", "[command_reader]") {
  CHECK(commands_in("shutdown session 1;shutdown session 12").empty());
  CommandReader reader;
  reader.add("a;b");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.is_empty());
  reader.add("c\nd");
  CHECK(reader.next() == "a");
  CHECK(reader.next() == "bc");
  CHECK_FALSE(reader.next());
  CHECK(reader.size() == 1);
  reader.add("\n");
  CHECK(reader.next() == "d");
  CHECK(reader.is_empty());
}

TEST_CASE("commands are the same however the bytes are cut", "[command_reader]") {
  const std::string bytes = "show info;show\\;stat ; x\r\n\r\nset server a/b\\ c state drain;quit\nhalf";
  const Commands expected = commands_in(bytes);
  REQUIRE(expected.size() == 6);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    CommandReader reader;
    Commands commands;
    reader.add(bytes.substr(0, cut));
    take_all(reader, commands);
    reader.add(bytes.substr(cut));
    take_all(reader, commands);
    INFO(cut);
    CHECK(commands == expected);
  }
  CommandReader reader;
  Commands commands;
  for (const char c : bytes) {
    reader.add({&c, 1});
    take_all(reader, commands);
  }
  CHECK(commands == expected);
}

TEST_CASE("a line that is too long is the end", "[command_reader]") {
  CommandReader reader;
  const std::string longest(CommandReader::line_max, 'x');
  reader.add("a\n" + longest + "\n");
  CHECK(reader.next() == "a");
  CHECK(reader.next() == longest);
  CHECK_FALSE(reader.is_too_long());
  reader.add(longest + "x");
  CHECK_FALSE(reader.next());
  CHECK(reader.is_too_long());
  reader.add("\nshow info\n");
  CHECK_FALSE(reader.next());
  CHECK(reader.size() == 0);
}

TEST_CASE("words stand between spaces and tabs, and a backslash takes the meaning away", "[command_reader]") {
  CHECK(words_of("set server\t a/b  state drain ") == Commands{"set", "server", "a/b", "state", "drain"});
  CHECK(words_of("a\\ b c\\\\d \\x \\;") == Commands{"a b", "c\\d", "x", ";"});
  CHECK(words_of("").empty());
  CHECK(words_of(" \t ").empty());
  CHECK(words_of("a\\") == Commands{"a\\"});
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "x ";
  CHECK(words_of(many).size() == 64);
}
