#include "router/balance/session_hint.h"

namespace tamada::router {

std::string_view words_of(SessionHint::Kind kind) {
  switch (kind) {
    case SessionHint::Kind::refused:
      return "refused";
    case SessionHint::Kind::reset:
      return "reset";
    case SessionHint::Kind::closed:
      return "closed";
    case SessionHint::Kind::timeout:
      return "timeout";
    case SessionHint::Kind::unreachable:
      return "unreachable";
    case SessionHint::Kind::shutting_down:
      return "57P01";
    case SessionHint::Kind::starting_up:
      return "57P03";
  }
  return "";
}

bool ends_the_server(SessionHint::Kind kind) {
  return kind == SessionHint::Kind::refused || was_answered(kind);
}

bool was_answered(SessionHint::Kind kind) {
  return kind == SessionHint::Kind::shutting_down || kind == SessionHint::Kind::starting_up;
}

}  // namespace tamada::router
