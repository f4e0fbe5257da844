// CheckQueue: whose password is checked next. A hash takes long on purpose, one is computed at a time, and
// anybody may ask for any number of them; so those who ask are treated fairly, and only so many may wait.
//
//   by name    each user's name has its turn; all names that are none share one
//   by source  within a name's turn the better standing comes first, then who has asked for less, then who
//              came first. Every second turn of a name is for who has waited longest: nobody waits for ever
//   bounded    where there is no room, somebody of the name with the most waiting gives way: the worst
//              standing, then who has asked for most, then the latest; perhaps the newcomer
//
// So a flood of guesses at one name keeps nobody of another name out, and of the same name nobody who comes
// from where no trouble came from. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "common/http/auth/source_book.h"

namespace tamada::http {

class CheckQueue {
 public:
  struct Entry {
    std::uint64_t ticket = 0;  // rising
    std::string name;          // empty: a name that is none
    std::string source;
    Standing standing = Standing::unknown;
  };
  // Returns the ticket of who has to give way, if anybody has; it may be the newcomer's.
  [[nodiscard]] std::optional<std::uint64_t> add(const Entry& entry);
  [[nodiscard]] std::optional<std::uint64_t> take();
  [[nodiscard]] std::size_t size() const { return size_; }

  static constexpr std::size_t waiting_max = 64;
  static constexpr std::size_t per_source_max = 8;

 private:
  struct Line {
    std::deque<Entry> entries;  // in the order they came
    bool longest_next = false;
  };
  [[nodiscard]] std::size_t waiting_from(const std::string& source) const;
  [[nodiscard]] std::uint64_t make_room(const std::string& source);

  std::map<std::string, Line> lines_;  // by name; none is empty
  std::string last_;                   // whose turn it was
  std::size_t size_ = 0;
};

}  // namespace tamada::http
