#include "router/api/runtime/command_reader.h"

namespace tamada::router {

void CommandReader::add(std::string_view bytes) {
  if (too_long_) return;
  if (at_ != 0) {
    bytes_.erase(0, at_);
    if (line_end_ != 0) line_end_ -= at_;
    at_ = 0;
  }
  bytes_ += bytes;
}

std::optional<std::string> CommandReader::next() {
  if (too_long_) return std::nullopt;
  if (line_end_ == 0) {
    const std::size_t end = bytes_.find('\n', at_);
    const std::size_t length = (end == std::string::npos ? bytes_.size() : end) - at_;
    if (length > line_max) {
      too_long_ = true;
      bytes_ = {};
      at_ = 0;
      return std::nullopt;
    }
    if (end == std::string::npos) return std::nullopt;
    line_end_ = end + 1;
  }
  const std::size_t begin = at_;
  std::size_t end = begin;
  while (end < line_end_ - 1 && bytes_[end] != ';')
    end += bytes_[end] == '\\' && end + 1 < line_end_ - 1 ? 2 : 1;
  at_ = end + 1;
  if (at_ == line_end_) line_end_ = 0;
  std::string command = bytes_.substr(begin, end - begin);
  if (line_end_ == 0 && command.ends_with('\r')) command.pop_back();
  return command;
}

std::vector<std::string> words_of(std::string_view command) {
  constexpr std::size_t words_max = 64;
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  const auto end_word = [&] {
    if (inside) words.push_back(std::move(word));
    word.clear();
    inside = false;
  };
  for (std::size_t i = 0; i < command.size() && words.size() < words_max; ++i) {
    if (command[i] == ' ' || command[i] == '\t') {
      end_word();
      continue;
    }
    if (command[i] == '\\' && i + 1 < command.size()) ++i;
    word += command[i];
    inside = true;
  }
  if (words.size() < words_max) end_word();
  return words;
}

}  // namespace tamada::router
