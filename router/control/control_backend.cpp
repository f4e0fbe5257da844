#include "router/control/control_backend.h"

#include <optional>
#include <utility>

namespace tamada::router {

ControlBackend::ControlBackend(loop::Loop& control, loop::Loop& stats, StatsDesk& desk)
    : control_(control.poster()), stats_(stats), log_(desk.event_log()), desk_(desk) {}

ControlBackend::~ControlBackend() = default;

void ControlBackend::forget() {
  asked_.clear();
}

template <class Answer>
void ControlBackend::ask(std::function<void(StatsDesk&, const loop::CrossLoopReply<Answer>&)> question,
                         std::function<void(Answer)> ready) {
  std::erase_if(asked_, [](const loop::CrossLoopCall& call) { return !call.is_pending(); });
  asked_.push_back(loop::CrossLoopCall::ask<Answer>(
      stats_, control_,
      [handle = desk_.handle(), question = std::move(question)](const loop::CrossLoopReply<Answer>& reply) {
        if (StatsDesk* desk = handle.get()) question(*desk, reply);
      },
      [ready = std::move(ready)](std::optional<Answer> answer) {
        if (answer) ready(*std::move(answer));
      }));
}

void ControlBackend::snapshot(std::function<void(StatsSnapshotPtr)> ready) {
  ask<StatsSnapshotPtr>([](StatsDesk& desk, const auto& reply) { reply(desk.snapshot()); }, std::move(ready));
}

void ControlBackend::sessions(std::function<void(SessionListPtr)> ready) {
  ask<SessionListPtr>([](StatsDesk& desk, const auto& reply) { desk.sessions(reply); }, std::move(ready));
}

void ControlBackend::act(Action action, std::function<void(ActionResult)> done) {
  ask<ActionResult>(
      [action = std::move(action)](StatsDesk& desk, const auto& reply) { desk.act(action, reply); },
      std::move(done));
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
