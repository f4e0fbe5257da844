#include "common/http/server_sent_event.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace tamada::http {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

std::string server_sent_event(std::string_view name, std::string_view data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, data);
}

// A line ends with CR LF, LF or CR. A CR ends it at once, so that a server that says no more is not waited
// for; an LF behind it belongs to it.
Result<void> EventParser::feed(std::string_view bytes, std::vector<ServerSentEvent>& events) {
  if (after_cr_ && !bytes.empty()) {
    if (bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
  }
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    size_ += part.size();
    if (size_ > max_event_) {
      return fail(ErrorKind::too_large, fmt::format("an event of more than {} bytes", max_event_));
    }
    line_ += part;
    if (end == std::string_view::npos) return {};
    const bool cr = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    take_line(std::exchange(line_, {}), events);
    if (!cr) continue;
    after_cr_ = bytes.empty();
    if (!bytes.empty() && bytes.front() == '\n') bytes.remove_prefix(1);
  }
  return {};
}

void EventParser::take_line(std::string_view line, std::vector<ServerSentEvent>& events) {
  if (!std::exchange(begun_, true) && line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  if (line.empty()) {
    size_ = 0;
    ServerSentEvent event;
    event.last_id = last_id_;
    if (!name_.empty()) event.name = std::exchange(name_, {});
    std::string data = std::exchange(data_, {});
    if (data.empty()) return;
    data.pop_back();  // the line feed behind the last line
    event.data = std::move(data);
    events.push_back(std::move(event));
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) {  // a comment
    if (name_.empty() && data_.empty()) size_ = 0;
    return;
  }
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
}

void EventParser::take_field(std::string_view name, std::string_view value) {
  if (name == "event") {
    name_ = value;
  } else if (name == "data") {
    data_ += value;
    data_ += '\n';
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) last_id_ = value;
  } else if (name == "retry") {
    std::uint32_t ms = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, ms);
    if (error == std::errc{} && stop == end && !value.empty()) retry_ = std::chrono::milliseconds(ms);
  }
}

}  // namespace tamada::http
