#include "agent/control/state/cycle_errors.h"

#include <fmt/format.h>

#include <type_traits>
#include <variant>

namespace tamada::agent {
namespace {

ha::HaEvent lock_report(ha::LockReport::Operation operation) {
  ha::LockReport report;
  report.operation = operation;
  report.outcome = ha::LockReport::Outcome::cannot_know;
  return report;
}

}  // namespace

std::optional<ha::HaEvent> answer_of_failed(const ha::Order& order, const std::string& why) {
  using Operation = ha::LockReport::Operation;
  return std::visit(
      [&why](const auto& one) -> std::optional<ha::HaEvent> {
        using Kind = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Kind, ha::AcquireLock>) return lock_report(Operation::acquire);
        if constexpr (std::is_same_v<Kind, ha::RenewLock>) return lock_report(Operation::renew);
        if constexpr (std::is_same_v<Kind, ha::ReleaseLock>) return lock_report(Operation::release);
        if constexpr (std::is_same_v<Kind, ha::BeginAction>) {
          ha::ActionEnded ended;
          ended.id = one.action.id;
          ended.result.words = why;
          return ended;
        }
        if constexpr (std::is_same_v<Kind, ha::WriteSync> || std::is_same_v<Kind, ha::WriteTimeline> ||
                      std::is_same_v<Kind, ha::ClearFailover> || std::is_same_v<Kind, ha::ClaimInitialize> ||
                      std::is_same_v<Kind, ha::WriteInitialize>) {
          ha::WriteEnded ended;
          ended.id = one.id;
          ended.outcome = ha::WriteEnded::Outcome::cannot_know;
          return ended;
        }
        return std::nullopt;
      },
      order);
}

std::string CycleErrors::words(const char* what, const std::exception& error) {
  return fmt::format("an error that nobody has expected, while {}: {}", what, error.what());
}

}  // namespace tamada::agent
