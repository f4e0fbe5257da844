#include "router/api/event_stream.h"

#include <fmt/format.h>

#include <utility>

#include "common/http/answers.h"
#include "common/http/server_sent_event.h"
#include "common/loop/clock.h"

namespace tamada::router {
namespace {

// How long a browser waits before it connects again (it would wait 3 s and more by itself).
constexpr std::string_view hello = "retry: 1000\n\n";

}  // namespace

void EventStream::add(http::Responder responder, const http::Headers& headers) {
  if (watchers_.size() >= limit_) {
    http::Response full = http::text_answer(
        503, fmt::format("{} event streams are open already; poll /api/v1/state instead", watchers_.size()));
    full.headers.add("Retry-After", "5");
    return responder.send(full);
  }
  Watcher watcher;
  watcher.stream = responder.stream(200, headers);
  if (!watcher.stream.is_open() || !watcher.stream.write(hello)) return;  // HEAD, or gone
  watcher.begun = watcher.told = loop::boot_now();
  watchers_.push_back(std::move(watcher));
  tick();
}

void EventStream::tick() {
  const TimePoint now = loop::boot_now();
  std::erase_if(watchers_, [now](const Watcher& watcher) {
    return !watcher.stream.is_open() || now - watcher.begun >= lasts;
  });
  if (watchers_.empty()) {
    tick_.stop();
    sections_.reset();
    number_ = 0;
    return;
  }
  tick_.start(every);
  cache_.get([this](const StatsSnapshotPtr& snapshot) {
    if (snapshot != nullptr) publish(*snapshot);
  });
}

void EventStream::publish(const StatsSnapshot& snapshot) {
  if (snapshot.number != number_ || sections_ == nullptr) {
    number_ = snapshot.number;
    sections_ = std::make_shared<const StateSections>(state_sections(snapshot));
  }
  if (snapshot.charts != nullptr && snapshot.charts->end != chart_end_) {
    chart_end_ = snapshot.charts->end;
    chart_ = http::server_sent_event("chart", chart_event_json(*snapshot.charts));
  }
  Messages messages;
  for (Watcher& watcher : watchers_) tell(watcher, snapshot, messages);
  // Somebody waits for a leader: what happens now is what people look at.
  if (!snapshot.leader.node.is_set()) tick_.start(every_without_leader);
}

void EventStream::tell(Watcher& watcher, const StatsSnapshot& snapshot, Messages& messages) {
  // It has not taken the last message yet: later, and then all at once.
  if (watcher.stream.queued() > 0) return;
  const TimePoint now = loop::boot_now();
  const bool first = watcher.sent == nullptr;
  if (watcher.sent != sections_) {
    std::string& message = messages[watcher.sent.get()];
    if (message.empty()) {
      message = http::server_sent_event("state",
                                        first ? sections_->whole() : sections_->changes_since(*watcher.sent));
    }
    watcher.sent = sections_;
    watcher.told = now;
    if (!watcher.stream.write(message)) return;
  }
  // The page asks for the whole chart itself; then it is told each further point.
  if (watcher.chart_end != chart_end_) {
    watcher.chart_end = chart_end_;
    if (!first && !watcher.stream.write(chart_)) return;
  }
  if (now - watcher.told < beat_after) return;
  watcher.told = now;
  const auto wall =
      std::chrono::duration_cast<std::chrono::milliseconds>(snapshot.wall_now.time_since_epoch());
  static_cast<void>(
      watcher.stream.write(http::server_sent_event("beat", fmt::format("{{\"now_at\":{}}}", wall.count()))));
}

}  // namespace tamada::router
