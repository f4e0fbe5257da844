#include "agent/guard/protocol/request.h"

#include <algorithm>

#include "agent/guard/protocol/wire.h"

namespace tamada::guard {

namespace {

template <class Archive>
void describe(Archive& archive, TextList& list) {
  archive.field(list.count);
  archive.field(list.bytes);
}

template <class Archive>
void describe(Archive& archive, Launch& launch) {
  archive.field(launch.kind, last_process_kind);
  archive.field(launch.program);
  describe(archive, launch.arguments);
  describe(archive, launch.environment);
  archive.field(launch.directory);
  archive.field(launch.output, LaunchOutput::passed);
  archive.field(launch.output_file);
  archive.field(launch.open_files);
}

// Every kind has the same fields: a start is the only long one, and it carries them all the same.
template <class Archive>
void describe(Archive& archive, Request& request) {
  archive.field(request.kind, last_request_kind);
  archive.field(request.id);
  archive.field(request.epoch.lease);
  archive.field(request.epoch.create_revision);
  archive.field(request.until);
  archive.field(request.reason, last_disarm_reason);
  archive.field(request.pid);
  archive.field(request.start_time);
  archive.field(request.signal);
  archive.field(request.needs_lock);
  archive.field(request.unarmed);
  describe(archive, request.launch);
  archive.field(request.path);
  archive.field(request.timeout);
}

bool has_no_nul(std::string_view text) {
  return text.find('\0') == std::string_view::npos;
}

bool is_list(const TextList& list) {
  if (list.bytes.empty()) return list.count == 0;
  return list.bytes.back() == '\0' && std::count(list.bytes.begin(), list.bytes.end(), '\0') == list.count;
}

}  // namespace

std::span<const std::byte> encode(const Request& request, std::span<std::byte> out) {
  Writer writer(out);
  Request copy = request;
  writer.field(protocol_version);
  describe(writer, copy);
  return writer.written();
}

std::optional<Request> decode_request(std::span<const std::byte> in) {
  Reader reader(in);
  std::uint16_t version = 0;
  reader.field(version);
  reader.expect(version == protocol_version);
  Request request;
  describe(reader, request);
  const Launch& launch = request.launch;
  reader.expect(request.id != 0);
  reader.expect(is_list(launch.arguments) && is_list(launch.environment));
  reader.expect(has_no_nul(launch.program) && has_no_nul(launch.directory) &&
                has_no_nul(launch.output_file) && has_no_nul(request.path));
  if (!reader.is_good()) return std::nullopt;
  return request;
}

}  // namespace tamada::guard
