// GuardFailure: why there is no guard to talk to. Code branches on the kind; the words are for people.
#pragma once

#include <string>

namespace tamada::guard {

struct GuardFailure {
  enum class Kind {
    not_started,  // the program could not be started, or could not do what it needs
    in_use,       // another guard has the data directory, and no socket of this node's
    other_agent,  // its guard has another agent
    no_answer,    // it is there and does not answer: it stands still, or is of another version
    silent,  // it has answered, and does not any more (it is stopped): what it runs goes on, and nothing ends it
    lost,       // the connection has ended: the guard has, and PostgreSQL with it
    too_large,  // the request has more than the guard takes. The connection goes on
  };
  Kind kind = Kind::not_started;
  std::string words;
  // silent: it owes an answer to a start of PostgreSQL or to a promotion. What was sent stays in its queue when the
  // connection is closed: it may carry that out when it goes on, as long as the deadline that it holds has not passed.
  bool may_still_start = false;
};

}  // namespace tamada::guard
