// Request: what an agent asks its guard, one message each on a SOCK_SEQPACKET socket. Every request is
// answered by one report (report.h) with its id, in the order asked; a request that changes something changes
// it before it is answered.
//
//   kind     | fields               | what it asks
//   hello    |                      | the first of a connection: the whole state
//   arm      | epoch, until         | hold this lock's deadline from now on; PostgreSQL may become writable
//   renew    | epoch, until         | move the deadline; a time that has passed fires it at once
//   disarm   | epoch, reason        | PostgreSQL is not writable: no deadline any more
//   start    | launch, needs_lock,  | start PostgreSQL or a tool; with needs_lock only while this lock's
//            | epoch                | deadline holds. A descriptor may go with it (LaunchOutput::passed)
//   signal   | pid, signal          | to what the guard started or adopted: the postmaster, a tool's group
//   sweep    |                      | end every PostgreSQL process of the data directory
//   adopt    | pid, start_time      | take over a postmaster that somebody else started
//   promote  | epoch, until,        | promote, if the deadline holds and `until` has not come; unarmed (in
//            | unarmed              | pause): there is no deadline, `until` is the lock's end
//   call_off |                      | promote no more, and leave no file behind that promotes
//   upgrade  | path                 | become this program, in place
//   watchdog | path, timeout        | use this device from the next arming on, or at once when armed; without a
//            |                      | path: none. Again after each greeting
//
// `until`: the lock's lease ends then for certain, on the boot-time clock. The guard acts earlier (fence.h).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "agent/guard/protocol/lock_epoch.h"
#include "agent/guard/protocol/process_state.h"
#include "common/base/time.h"

namespace tamada::guard {

inline constexpr std::uint16_t protocol_version = 1;
// Bytes. A start with a longer environment is refused by the client.
inline constexpr std::size_t longest_request = std::size_t{64} * 1024;

enum class RequestKind : std::uint8_t {
  hello,
  arm,
  renew,
  disarm,
  start,
  signal,
  sweep,
  adopt,
  promote,
  call_off,
  upgrade,
  watchdog,
};
inline constexpr RequestKind last_request_kind = RequestKind::watchdog;

// Why PostgreSQL is known not to be writable.
enum class DisarmReason : std::uint8_t {
  in_recovery,  // pg_is_in_recovery() was true on a new connection, and nothing promotes
  no_sessions,  // it is stopping, and no client backend or background worker is left
  server_gone,  // no process of it is left: the guard refuses this one where it knows better
  clean_stop,   // stopped, with its control file saying so: as server_gone
  paused,       // automatic fail-over is off: an operator answers for who is writable
};
inline constexpr DisarmReason last_disarm_reason = DisarmReason::paused;

enum class LaunchOutput : std::uint8_t { inherited, file, passed };

// Texts that follow each other, each with a NUL byte at its end.
struct TextList {
  std::uint32_t count = 0;
  std::string_view bytes;
  bool operator==(const TextList&) const = default;
};

struct Launch {
  ProcessKind kind = ProcessKind::none;  // postmaster or tool
  std::string_view program;              // a path; no search
  TextList arguments;                    // with the name it goes by
  TextList environment;                  // NAME=value, all of it
  std::string_view directory;            // empty: the guard's
  // Of both standard output and error: the guard's own; added to a file (`output_file`, which the new process
  // opens); or the descriptor that came with the request. Never a pipe that the agent has to read: it may
  // die.
  LaunchOutput output = LaunchOutput::inherited;
  std::string_view output_file;
  std::uint64_t open_files = 0;  // the soft limit; 0: the guard's
  bool operator==(const Launch&) const = default;
};

struct Request {
  RequestKind kind = RequestKind::hello;
  std::uint32_t id = 0;  // not 0
  LockEpoch epoch;
  TimePoint until{};
  DisarmReason reason = DisarmReason::in_recovery;
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // as /proc/PID/stat has it
  int signal = 0;
  bool needs_lock = false;
  bool unarmed = false;
  Launch launch;
  std::string_view path;
  std::uint32_t timeout = 0;  // seconds
  bool operator==(const Request&) const = default;
};

// Empty where it does not fit into `out`.
[[nodiscard]] std::span<const std::byte> encode(const Request& request, std::span<std::byte> out);
// None: it is not a request of this version. Its texts point into `in`.
[[nodiscard]] std::optional<Request> decode_request(std::span<const std::byte> in);

}  // namespace tamada::guard
