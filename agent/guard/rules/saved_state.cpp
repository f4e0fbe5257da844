#include "agent/guard/rules/saved_state.h"

#include "agent/guard/protocol/wire.h"

namespace tamada::guard {

namespace {

constexpr std::uint32_t mark = 0x64'72'67'74;  // "tgrd", in memory's order on most machines

template <class Archive>
void describe(Archive& archive, SavedState& state) {
  describe(archive, state.core);
  archive.field(state.lock);
  archive.field(state.listener);
  archive.field(state.agent);
  archive.field(state.watchdog);
}

}  // namespace

std::span<const std::byte> encode(const SavedState& state, std::span<std::byte> out) {
  Writer writer(out);
  SavedState copy = state;
  writer.field(mark);
  writer.field(saved_state_version);
  describe(writer, copy);
  return writer.written();
}

std::optional<SavedState> decode_saved_state(std::span<const std::byte> in) {
  Reader reader(in);
  std::uint32_t first = 0;
  std::uint32_t version = 0;
  reader.field(first);
  reader.field(version);
  reader.expect(first == mark && version == saved_state_version);
  SavedState state;
  describe(reader, state);
  if (!reader.is_good()) return std::nullopt;
  return state;
}

}  // namespace tamada::guard
