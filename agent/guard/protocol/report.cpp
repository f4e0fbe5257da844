#include "agent/guard/protocol/report.h"

#include "agent/guard/protocol/request.h"
#include "agent/guard/protocol/wire.h"

namespace tamada::guard {

namespace {

template <class Archive>
void describe(Archive& archive, GuardStatus& status) {
  archive.field(status.guard);
  archive.field(status.abilities.memory_lock_code);
  archive.field(status.abilities.sees_processes);
  archive.field(status.abilities.has_pidfd);
  describe(archive, status.fence);
  describe(archive, status.process);
  describe(archive, status.last_end);
  archive.field(status.is_sweeping);
  archive.field(status.left);
  describe(archive, status.promotion);
  describe(archive, status.watchdog);
}

template <class Archive>
void describe(Archive& archive, Report& report) {
  archive.field(report.request);
  archive.field(report.outcome, last_outcome);
  archive.field(report.code);
  describe(archive, report.status);
  archive.field(report.version);
}

}  // namespace

std::span<const std::byte> encode(const Report& report, std::span<std::byte> out) {
  Writer writer(out);
  Report copy = report;
  writer.field(protocol_version);
  describe(writer, copy);
  return writer.written();
}

std::optional<Report> decode_report(std::span<const std::byte> in) {
  Reader reader(in);
  std::uint16_t version = 0;
  reader.field(version);
  reader.expect(version == protocol_version);
  Report report;
  describe(reader, report);
  if (!reader.is_good()) return std::nullopt;
  return report;
}

}  // namespace tamada::guard
