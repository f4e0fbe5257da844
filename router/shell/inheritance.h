// Inheritance: what this process got from whoever started it, beyond arguments and environment.
#pragma once

#include "common/loop/inherited_sockets.h"
#include "common/loop/unique_fd.h"
#include "router/shell/hand_over_channel.h"
#include "router/shell/state_lock.h"

namespace tamada::router {

struct Inheritance {
  loop::InheritedSockets sockets;
  loop::UniqueFd
      predecessor;  // our end of the channel to the router whose place this one takes; none: nobody's
  loop::UniqueFd state_lock;  // the lock of its state_dir

  // Once, first thing in main(): see InheritedSockets::from_environment().
  [[nodiscard]] static Inheritance from_environment() {
    Inheritance all;
    all.sockets = loop::InheritedSockets::from_environment();
    all.predecessor = all.sockets.take_named(HandOverChannel::inherited_name);
    all.state_lock = all.sockets.take_named(StateLock::inherited_name);
    return all;
  }
};

}  // namespace tamada::router
