#include "tests/scenarios/script.h"

#include <sstream>
#include <utility>

namespace tamada::router::scenario {

std::vector<Block> parse_script(const std::string& text) {
  std::vector<Block> blocks;
  Block block;
  bool expecting = false;
  std::size_t number = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (expecting) {
      if (!line.empty()) {
        block.expected.push_back(line);
        continue;
      }
      blocks.push_back(std::move(block));
      block = {};
      expecting = false;
    }
    if (line == "----") {
      expecting = true;
      continue;
    }
    block.head.push_back(line);
    if (line.empty() || line.starts_with("#")) continue;
    if (block.commands.empty()) block.line = number;
    block.commands.push_back(line);
  }
  if (!block.head.empty() || expecting) blocks.push_back(std::move(block));
  return blocks;
}

std::string write_script(const std::vector<Block>& blocks) {
  std::string text;
  for (const Block& block : blocks) {
    for (const std::string& line : block.head) text += line + "\n";
    if (block.commands.empty()) continue;
    text += "----\n";
    for (const std::string& line : block.expected) text += line + "\n";
  }
  return text;
}

}  // namespace tamada::router::scenario
