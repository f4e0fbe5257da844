#include "router/history/check_book.h"

#include <fmt/format.h>

#include <algorithm>

namespace tamada::router {
namespace {

// HAProxy's names for how far a check got and what went wrong there.
const char* status_of(Silence silence, PollAnswer::Stage stage) {
  using Stage = PollAnswer::Stage;
  switch (silence) {
    case Silence::timeout:
      return stage == Stage::connect ? "L4TOUT" : stage == Stage::tls ? "L6TOUT" : "L7TOUT";
    case Silence::refused:
    case Silence::unreachable:
      return "L4CON";
    case Silence::reset:
      return stage == Stage::connect ? "L4CON" : stage == Stage::tls ? "L6RSP" : "L7RSP";
    case Silence::unresolved:
      return "SOCKERR";
    case Silence::malformed:
      return stage == Stage::tls ? "L6RSP" : "L7RSP";
  }
  return "L7RSP";
}

// HAProxy's CSV has no room for commas and quotes in it, and it is one line.
std::string plain(std::string words) {
  std::replace(words.begin(), words.end(), ',', ';');
  std::replace(words.begin(), words.end(), '"', '\'');
  std::replace_if(
      words.begin(), words.end(), [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; }, ' ');
  return words;
}

std::string found(const patroni::NodeStatus& body) {
  std::string words = fmt::format("{} {}", body.role_text.empty() ? "no role" : body.role_text,
                                  body.state.empty() ? "no state" : body.state);
  if (body.timeline) words += fmt::format(" timeline {}", *body.timeline);
  return words;
}

}  // namespace

void CheckBook::hear(const PollAnswer& answer, TimePoint now) {
  CheckStats& check = nodes_[answer.node];
  const bool usable = is_usable(answer);
  const Duration took = std::max<Duration>(now - answer.sent, Duration::zero());
  ++check.checks;
  if (!usable) ++check.failures;
  // A name without an address: nobody was asked.
  const bool was_asked = answer.silence != Silence::unresolved;
  if (was_asked) check.durations.add(check_bounds, std::chrono::duration<double>(took).count());
  if (check.at && answer.sent < *check.at) return;
  check.at = answer.sent;
  check.took = was_asked ? took : Duration::zero();
  check.silences = usable ? 0 : check.silences + 1;
  check.asked = answer.asked == AskKind::master ? "/master" : "/replica";
  check.code.reset();
  if (answer.silence) {
    check.status = status_of(*answer.silence, answer.stage);
    check.words = plain(answer.words);
    return;
  }
  check.status = answer.status == 200 ? "L7OK" : "L7STS";
  check.code = answer.status;
  check.words = answer.body ? plain(found(*answer.body)) : "not Patroni's answer";
}

void CheckBook::keep(const std::set<NodeId>& nodes) {
  std::erase_if(nodes_, [&](const auto& known) { return !nodes.contains(known.first); });
}

CheckStats CheckBook::of(NodeId node) const {
  const auto known = nodes_.find(node);
  return known == nodes_.end() ? CheckStats{} : known->second;
}

}  // namespace tamada::router
