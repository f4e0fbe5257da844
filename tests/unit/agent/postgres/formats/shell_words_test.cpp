#include "agent/postgres/formats/shell_words.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

namespace {

std::vector<std::string> words(std::string_view command) {
  const auto split = split_command(command);
  INFO(command);
  REQUIRE(split);
  return *split;
}

std::string error_of(std::string_view command) {
  const auto split = split_command(command);
  REQUIRE_FALSE(split);
  return split.error().message;
}

using Words = std::vector<std::string>;

}  // namespace

// The expected values are what shlex.split() of Python 3 answers.
TEST_CASE("commands are cut into words as shlex does", "[shell_words]") {
  CHECK(words("/bin/sh -c 'echo $HOME | cat'") == Words{"/bin/sh", "-c", "echo $HOME | cat"});
  CHECK(words("pgbackrest --stanza=main archive-get %f \"%p\"") ==
        Words{"pgbackrest", "--stanza=main", "archive-get", "%f", "%p"});
  CHECK(words("  a\t b\n c ") == Words{"a", "b", "c"});
  CHECK(words("a''b \"\" ''") == Words{"ab", "", ""});
  CHECK(words(R"(a\ b "c\"d" "e\\f" "g\h" 'i\j' \k)") == Words{"a b", "c\"d", "e\\f", "g\\h", "i\\j", "k"});
  CHECK(words("a#b # c") == Words{"a#b", "#", "c"});
  CHECK(words("x='1 2'3") == Words{"x=1 23"});
  CHECK(words("a\\\nb") == Words{"a\nb"});
}

TEST_CASE("a command that cannot be cut is an error that shows it", "[shell_words]") {
  CHECK(error_of("sh -c 'echo") == "the command \"sh -c 'echo\" has a quote that is not closed");
  CHECK(error_of("sh \"echo") == "the command \"sh \"echo\" has a quote that is not closed");
  CHECK(error_of("sh \\") == "the command \"sh \\x5c\" ends with a backslash");
  CHECK(error_of("") == "the command is empty");
  CHECK(error_of("  \n") == "the command is empty");
  CHECK(error_of(std::string_view("a\0b", 3)) == "the command \"a\\x00b\" has a zero byte");
}

TEST_CASE("the names of a segment are put into an archive command", "[shell_words]") {
  const ArchiveNames names{"pg_wal/000000010000000000000003", "000000010000000000000003",
                           "000000010000000000000001"};
  CHECK(expand_archive_command("cp /archive/%f \"%p\" %r", names) ==
        "cp /archive/000000010000000000000003 \"pg_wal/000000010000000000000003\" 000000010000000000000001");
  CHECK(expand_archive_command("%%f %x 100%", names) == "%f %x 100%");
  CHECK(expand_archive_command("", names) == "");
}
