// FailureLimiter: makes guessing passwords slow. After `free_failures` wrong ones in a row from one source,
// each further attempt has to wait, twice as long each time, up to `longest`. A right one forgets them.
//
// Only attempts that need a password to be checked are limited: who is signed in goes on. Bounded: past
// `addresses_max` the address that failed longest ago is forgotten. One thread; time is handed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "common/base/time.h"

namespace tamada::http {

class FailureLimiter {
 public:
  // How long this address has to wait; zero: it may try now.
  [[nodiscard]] Duration wait(const std::string& address, TimePoint now) const;
  void failed(const std::string& address, TimePoint now);
  void succeeded(const std::string& address) { entries_.erase(address); }

  static constexpr std::uint32_t free_failures = 5;
  static constexpr Duration longest = std::chrono::seconds(60);
  static constexpr std::size_t addresses_max = 1024;

 private:
  struct Entry {
    std::uint32_t failures = 0;
    TimePoint last{};
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace tamada::http
