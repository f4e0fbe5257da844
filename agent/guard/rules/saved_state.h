// What a guard hands to the program that takes its place by execve(2): the rules' state and the numbers of
// the descriptors that go over. A later version reads what this one writes; one that cannot says so before
// anything is given up, since the new program is asked first (EffectKind::check_upgrade).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "agent/guard/rules/guard_core.h"

namespace tamada::guard {

inline constexpr std::uint32_t saved_state_version = 1;
inline constexpr std::size_t longest_saved_state = 2048;

struct SavedState {
  GuardCore core;
  int lock = -1;      // the data directory's flock(2)
  int listener = -1;  // the socket that agents connect to
  int agent = -1;     // the agent's connection; -1: none
  int watchdog = -1;  // the device, while it is open
};

// Empty where it does not fit into `out`.
[[nodiscard]] std::span<const std::byte> encode(const SavedState& state, std::span<std::byte> out);
// None: it is not a state, or of a version that is not known here.
[[nodiscard]] std::optional<SavedState> decode_saved_state(std::span<const std::byte> in);

}  // namespace tamada::guard
