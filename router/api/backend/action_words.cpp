#include "router/api/backend/action_words.h"

namespace tamada::router {

std::string_view name_of(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::administer:
      return "administer";
    case Action::Kind::set_weight:
      return "set_weight";
    case Action::Kind::set_address:
      return "set_address";
    case Action::Kind::end_session:
      return "end_session";
    case Action::Kind::end_sessions:
      return "end_sessions";
    case Action::Kind::switchover:
      return "switchover";
    case Action::Kind::restart:
      return "restart";
    case Action::Kind::reinitialize:
      return "reinitialize";
    case Action::Kind::clear_maxima:
      return "clear_maxima";
    case Action::Kind::clear_counters:
      return "clear_counters";
  }
  return "administer";
}

}  // namespace tamada::router
