// Script: a scenario file. Blocks of commands with the expected output under `----`.
#pragma once

#include <string>
#include <vector>

namespace tamada::router::scenario {

struct Block {
  std::vector<std::string> head;      // comments, blank lines and commands, as written
  std::vector<std::string> commands;  // of these, the commands
  std::vector<std::string> expected;
  std::size_t line = 0;  // of the first command, from 1
};

// Splits the text of a file; a last block without `----` expects nothing.
[[nodiscard]] std::vector<Block> parse_script(const std::string& text);
[[nodiscard]] std::string write_script(const std::vector<Block>& blocks);

}  // namespace tamada::router::scenario
