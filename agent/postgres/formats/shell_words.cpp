#include "agent/postgres/formats/shell_words.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "common/base/bytes.h"

namespace tamada::agent {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

class Splitter {
 public:
  explicit Splitter(std::string_view command) : command_(command) {}

  Result<std::vector<std::string>> split() {
    while (at_ < command_.size()) {
      const char c = command_[at_++];
      bool is_right = true;
      if (is_blank(c)) {
        end_word();
      } else if (c == '\'') {
        is_right = take_single();
      } else if (c == '"') {
        is_right = take_double();
      } else if (c == '\\') {
        is_right = at_ < command_.size();
        if (is_right) word().push_back(command_[at_++]);
      } else {
        word().push_back(c);
      }
      if (!is_right) return unfinished(c);
    }
    end_word();
    if (words_.empty()) return fail(ErrorKind::invalid, "the command is empty");
    return std::move(words_);
  }

 private:
  std::string& word() {
    if (!word_) word_.emplace();
    return *word_;
  }
  void end_word() {
    if (word_) words_.push_back(std::move(*word_));
    word_.reset();
  }
  bool take_single() {
    const std::size_t end = command_.find('\'', at_);
    if (end == std::string_view::npos) return false;
    word() += command_.substr(at_, end - at_);
    at_ = end + 1;
    return true;
  }
  bool take_double() {
    word();
    while (at_ < command_.size()) {
      const char c = command_[at_++];
      if (c == '"') return true;
      const bool is_escape =
          c == '\\' && at_ < command_.size() && (command_[at_] == '"' || command_[at_] == '\\');
      word().push_back(is_escape ? command_[at_++] : c);
    }
    return false;
  }
  [[nodiscard]] tl::unexpected<Error> unfinished(char c) const {
    const char* const what = c == '\\' ? "ends with a backslash" : "has a quote that is not closed";
    return fail(ErrorKind::invalid, fmt::format("the command \"{}\" {}", printable(command_, 200), what));
  }

  const std::string_view command_;
  std::size_t at_ = 0;
  std::optional<std::string> word_;
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
  if (command.find('\0') != std::string_view::npos)
    return fail(ErrorKind::invalid,
                fmt::format("the command \"{}\" has a zero byte", printable(command, 200)));
  return Splitter(command).split();
}

std::string expand_archive_command(std::string_view command, const ArchiveNames& names) {
  std::string text;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char next = command[i] == '%' && i + 1 < command.size() ? command[i + 1] : '\0';
    if (next == 'p') {
      text += names.path;
    } else if (next == 'f') {
      text += names.file;
    } else if (next == 'r') {
      text += names.restart_file;
    } else if (next == '%') {
      text += '%';
    } else {
      text += command[i];
      continue;
    }
    ++i;
  }
  return text;
}

}  // namespace tamada::agent
