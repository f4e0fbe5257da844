// SourceBook: what is remembered of the networks from which passwords come: whether one was right from there,
// and whether there was trouble lately. It locks nobody out (FailureLimiter slows guessers down); it says who
// is rather believed to be honest when more is asked than can be checked.
//
// Bounded: of each kind those are forgotten of which nothing was heard for longest, and a crowd of guessers
// does not make the right ones forgotten. One thread; time is handed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>

#include "common/base/time.h"

namespace tamada::http {

// The better ones first.
enum class Standing : std::uint8_t {
  trusted,      // a right password came from there lately
  unknown,      // nothing is known
  troublesome,  // a wrong password, or a crowd of requests, came from there lately
};

class SourceBook {
 public:
  [[nodiscard]] Standing of(const std::string& source, TimePoint now) const;
  // A right password came from there; a wrong one, or one too many to be checked.
  void right(const std::string& source, TimePoint now);
  void trouble(const std::string& source, TimePoint now);

  static constexpr Duration trust_lasts = std::chrono::hours(24);
  static constexpr Duration trouble_lasts = std::chrono::minutes(10);
  static constexpr std::uint32_t trust_ends_at = 5;  // troubles since the last right one
  static constexpr std::size_t trusted_max = 1024;
  static constexpr std::size_t troublesome_max = 4096;

 private:
  struct Entry {
    TimePoint at{};
    std::uint32_t troubles = 0;
    std::list<std::string>::iterator place;
  };
  struct Kind {
    std::map<std::string, Entry> entries;
    std::list<std::string> order;  // newest first
    Entry& touch(const std::string& source, TimePoint now, std::size_t most);
    void forget(const std::string& source);
  };
  Kind right_;
  Kind trouble_;
};

}  // namespace tamada::http
