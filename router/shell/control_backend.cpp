#include "router/shell/control_backend.h"

#include <utility>

namespace tamada::router {

ControlBackend::ControlBackend(loop::Loop& control, loop::Loop& stats, StatsDesk& desk)
    : control_(control),
      log_(desk.event_log()),
      door_(std::make_shared<Door>(Door{&desk, stats})),
      waiting_(std::make_shared<Waiting>()) {}

ControlBackend::~ControlBackend() {
  door_->desk = nullptr;
}

void ControlBackend::forget() {
  waiting_->snapshots.clear();
  waiting_->sessions.clear();
  waiting_->actions.clear();
}

// On the control loop's thread: takes the answer to whoever drew the ticket.
template <class Answer>
void ControlBackend::answer(Door& door, const std::shared_ptr<Waiting>& waiting, Queue<Answer> queue,
                            std::uint64_t ticket, Answer given) {
  if (door.desk == nullptr) return;
  door.stats.post([waiting, queue, ticket, given = std::move(given)] {
    auto& asked = (*waiting).*queue;
    const auto found = asked.find(ticket);
    if (found == asked.end()) return;
    const auto ready = std::move(found->second);
    asked.erase(found);
    ready(given);
  });
}

void ControlBackend::snapshot(std::function<void(StatsSnapshotPtr)> ready) {
  const std::uint64_t ticket = ++waiting_->last;
  waiting_->snapshots[ticket] = std::move(ready);
  control_.post([door = door_, waiting = waiting_, ticket] {
    if (door->desk == nullptr) return;
    answer<StatsSnapshotPtr>(*door, waiting, &Waiting::snapshots, ticket, door->desk->snapshot());
  });
}

void ControlBackend::sessions(std::function<void(SessionListPtr)> ready) {
  const std::uint64_t ticket = ++waiting_->last;
  waiting_->sessions[ticket] = std::move(ready);
  control_.post([door = door_, waiting = waiting_, ticket] {
    if (door->desk == nullptr) return;
    door->desk->sessions([door, waiting, ticket](SessionListPtr list) {
      answer<SessionListPtr>(*door, waiting, &Waiting::sessions, ticket, std::move(list));
    });
  });
}

void ControlBackend::act(Action action, std::function<void(ActionResult)> done) {
  const std::uint64_t ticket = ++waiting_->last;
  waiting_->actions[ticket] = std::move(done);
  control_.post([door = door_, waiting = waiting_, ticket, action = std::move(action)] {
    if (door->desk == nullptr) return;
    door->desk->act(action, [door, waiting, ticket](ActionResult result) {
      answer<ActionResult>(*door, waiting, &Waiting::actions, ticket, std::move(result));
    });
  });
}

void ControlBackend::record(const char* event, const std::string& by, const std::string& from,
                            const std::string& words) {
  log_.write(
      LogLevel::info, event,
      {{"by", std::string_view(by)}, {"from", std::string_view(from)}, {"why", std::string_view(words)}});
}

void ControlBackend::record_denied(const std::string& by, const Address& from, const std::string& words) {
  const std::string address = from.to_string();
  const std::string network = from.ip_bytes();
  log_.write_joined(
      LogLevel::warn, "stats.denied", {{}, network},
      {{"by", std::string_view(by)}, {"from", std::string_view(address)}, {"why", std::string_view(words)}});
}

}  // namespace tamada::router
