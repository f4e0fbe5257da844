// Script: a scenario file. Blocks of commands with the expected output under `----`;
// tests/scenarios/README.md documents every command.
#pragma once

#include <string>
#include <vector>

#include "tests/scenarios/world.h"

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

// Carries out one command. Returns its error in words, empty when it was understood.
[[nodiscard]] std::string carry_out(World& world, const std::string& command);

}  // namespace tamada::router::scenario
