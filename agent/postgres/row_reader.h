// RowReader: the cells of one row in their order, read as values. The first cell that is not what was asked for is told
// in `problem`; what follows is read all the same, as nothing.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "agent/postgres/formats/number_text.h"
#include "agent/postgres/formats/wal_position.h"
#include "common/base/bytes.h"

namespace tamada::agent {

class RowReader {
 public:
  using Row = std::vector<std::optional<std::string>>;
  // Both must outlive it.
  RowReader(const Row& row, std::optional<std::string>& problem) : row_(row), problem_(problem) {}

  [[nodiscard]] bool flag() {
    const std::string cell = text();
    if (cell != "t" && cell != "f") wrong("t or f", cell);
    return cell == "t";
  }
  template <class Number>
  [[nodiscard]] Number number() {
    const auto value = optional_number<Number>();
    if (!value) wrong("a number", "NULL");
    return value.value_or(Number{});
  }
  template <class Number>
  [[nodiscard]] std::optional<Number> optional_number() {
    const auto cell = optional_text();
    if (!cell) return std::nullopt;
    const auto value = whole_number<Number>(*cell);
    if (!value) wrong("a number", *cell);
    return value;
  }
  // "0/0" is none, too.
  [[nodiscard]] std::optional<WalPosition> position() {
    const auto cell = optional_text();
    if (!cell) return std::nullopt;
    const auto value = parse_wal_position(*cell);
    if (!value) wrong("a position in the log", *cell);
    if (value == WalPosition{0}) return std::nullopt;
    return value;
  }
  [[nodiscard]] std::string text() {
    auto cell = optional_text();
    if (!cell) wrong("a text", "NULL");
    return std::move(cell).value_or(std::string());
  }
  [[nodiscard]] std::string text_or_empty() { return optional_text().value_or(std::string()); }
  [[nodiscard]] std::optional<std::string> optional_text() {
    if (next_ >= row_.size()) {
      ++next_;
      wrong("a cell", "the end of the row");
      return std::nullopt;
    }
    return row_[next_++];
  }

 private:
  void wrong(const char* expected, const std::string& found) {
    if (!problem_)
      problem_ = fmt::format("has \"{}\" in column {} instead of {}", printable(found), next_, expected);
  }

  const Row& row_;
  std::optional<std::string>& problem_;
  std::size_t next_ = 0;
};

}  // namespace tamada::agent
