// What the guard answers to a request. Code branches on it; the client makes sentences of it for people.
#pragma once

#include <cstdint>

namespace tamada::guard {

enum class Outcome : std::uint8_t {
  done,
  invalid,        // not a message of this protocol, or one that asks for what there is not
  other_epoch,    // ignored: the guard holds the deadline of another lock, or of none
  fired,          // the deadline of this lock has passed: it is never armed again
  too_late,       // the time that was given has passed already
  not_armed,      // it needs the deadline of this lock, and there is none
  busy,           // the guard has started something that goes on (`start`), or changes itself (`upgrade`)
  sweeping,       // processes of the data directory are being ended
  leftovers,      // processes of PostgreSQL that the guard did not start work on the data directory
  still_running,  // said to be gone, and is there
  not_running,    // no such process of the guard's
  not_ours,       // the process is not a PostgreSQL of this data directory, or not the one that was meant
  other_agent,    // unasked, then the connection ends: another agent is connected, the code its process id
  failed,         // the system refused; the code is an errno
};
inline constexpr Outcome last_outcome = Outcome::failed;

}  // namespace tamada::guard
