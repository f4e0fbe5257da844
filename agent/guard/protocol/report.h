// Report: what the guard tells its agent: its whole state, each time that it changes, and with the answer to
// each request. Unasked ones have the request 0 and may be left out while the agent does not read; the newest
// always comes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "agent/guard/protocol/fence_state.h"
#include "agent/guard/protocol/outcome.h"
#include "agent/guard/protocol/process_state.h"
#include "agent/guard/protocol/watchdog_state.h"

namespace tamada::guard {

enum class PromotionStage : std::uint8_t {
  none,
  running,      // a child of the guard compares the deadline, makes the file and signals
  calling_off,  // that child is being ended
  removing,     // another one removes the file
  done,         // the file was made and the postmaster was told; PostgreSQL says the rest itself
  late,         // the deadline had passed: nothing was left behind
  called_off,   // nothing promotes any more
  failed,       // `code`, an errno
};
inline constexpr PromotionStage last_promotion_stage = PromotionStage::failed;

struct PromotionState {
  PromotionStage stage = PromotionStage::none;
  LockEpoch epoch;
  int code = 0;
  bool operator==(const PromotionState&) const = default;
};

template <class Archive>
void describe(Archive& archive, PromotionState& promotion) {
  archive.field(promotion.stage, last_promotion_stage);
  describe(archive, promotion.epoch);
  archive.field(promotion.code);
}

// What the guard can do here, besides what it always does.
struct GuardAbilities {
  // 0: its memory is locked, so that a machine out of memory, or a stalled disk that it swaps to, does not
  // delay it. Otherwise the errno: only a short lease is too short then.
  int memory_lock_code = 0;
  bool sees_processes = false;  // /proc shows them: it can end a postmaster's children one by one
  bool has_pidfd = false;       // it hears of an adopted postmaster's end at once
  bool operator==(const GuardAbilities&) const = default;
};

struct GuardStatus {
  pid_t guard = 0;
  GuardAbilities abilities;
  FenceState fence;
  ProcessState process;
  ProcessEnd last_end;
  bool is_sweeping = false;
  std::uint32_t left = 0;  // processes that the last round of the sweep found
  PromotionState promotion;
  WatchdogState watchdog;
  bool operator==(const GuardStatus&) const = default;
};

struct Report {
  std::uint32_t request = 0;  // its id; 0: unasked
  Outcome outcome = Outcome::done;
  int code = 0;  // errno, with Outcome::failed
  GuardStatus status;
  std::string_view version;  // of the guard's program
};

inline constexpr std::size_t longest_report = 1024;

[[nodiscard]] std::span<const std::byte> encode(const Report& report, std::span<std::byte> out);
// None: it is not a report of this version. Its text points into `in`.
[[nodiscard]] std::optional<Report> decode_report(std::span<const std::byte> in);

}  // namespace tamada::guard
