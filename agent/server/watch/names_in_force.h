// NamesInForce: which names of synchronous_standby_names every session waits for. Pure.
//
// A new session knows the setting as the server read it last; one that was there before may take a moment to read it. So a
// name counts once new sessions have seen it for `least`, each name for itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/time.h"

namespace tamada::agent {

class NamesInForce {
 public:
  static constexpr Duration least = 1s;

  // Of one look: the setting of a new session that was asked then and had answered then. What PostgreSQL would refuse names
  // nobody, and * is no name.
  void saw(TimePoint asked, TimePoint answered, const std::string& setting);
  void forget();

  [[nodiscard]] std::vector<std::string> names() const;
  // There are some that do not count yet.
  [[nodiscard]] bool is_waiting() const;

 private:
  struct Name {
    TimePoint since{};
    bool is_in_force = false;
  };
  std::map<std::string, Name> names_;
};

}  // namespace tamada::agent
