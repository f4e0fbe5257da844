#include "common/http/event_reader.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace tamada::http {
namespace {

constexpr std::string_view event_stream = "text/event-stream";

bool is_event_stream(const Response& head) {
  const std::string_view type = head.headers.find("Content-Type").value_or("");
  std::string_view media = type.substr(0, type.find(';'));
  while (media.ends_with(' ')) media.remove_suffix(1);
  return head.status == 200 && equals_ignoring_case(media, event_stream);
}

Request with_accept(Request request) {
  request.headers.add("Accept", std::string(event_stream));
  return request;
}

}  // namespace

EventReader::EventReader(loop::Loop& loop, const Target& target, Request request,
                         const EventReaderOptions& options, EventReaderCallbacks& callbacks)
    : callbacks_(callbacks),
      words_(fmt::format("{} {} from {}", request.method, request.path, target.words())),
      parser_(options.max_event) {
  stream_.emplace(
      loop, target, with_accept(std::move(request)),
      StreamOptions{.head_timeout = options.head_timeout, .idle_timeout = options.idle_timeout, .limits = {}},
      static_cast<StreamRequest::Callbacks&>(*this));
}

void EventReader::on_stream_head(const Response& head) {
  if (is_event_stream(head)) return callbacks_.on_events_begin();
  const std::string_view type = head.headers.find("Content-Type").value_or("no type");
  const std::string found = head.status == 200 ? fmt::format("found {}, expected {}", type, event_stream)
                                               : fmt::format("HTTP status {}", head.status);
  end({ErrorKind::unavailable, fmt::format("{}: no event stream: {}", words_, found)}, Stage::head,
      head.status);
}

void EventReader::on_stream_bytes(std::string_view bytes) {
  std::vector<ServerSentEvent> events;
  const auto fed = parser_.feed(bytes, events);
  const loop::Lifetime::Watch watch(lifetime_);
  for (const ServerSentEvent& event : events) {
    callbacks_.on_event(event);
    if (watch.is_over()) return;
  }
  if (!fed) end({fed.error().kind, fmt::format("{}: {}", words_, fed.error().message)}, Stage::body, 0);
}

void EventReader::on_stream_end(Outcome<void> outcome) {
  if (!outcome) return end(std::move(outcome.error().error), outcome.error().stage, 0);
  end({ErrorKind::closed, fmt::format("{}: the server ended the event stream", words_)}, Stage::body, 0);
}

// Last: the callback may destroy this object.
void EventReader::end(Error error, Stage stage, int status) {
  stream_.reset();
  callbacks_.on_events_end({{std::move(error), stage}, status});
}

}  // namespace tamada::http
