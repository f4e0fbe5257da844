// Inheritance: what this process got from whoever started it, beyond arguments and environment.
#pragma once

#include "common/base/unique_fd.h"
#include "common/files/state_lock.h"
#include "common/loop/inherited_sockets.h"
#include "router/control/hand_over_channel.h"

namespace tamada::router {

struct Inheritance {
  loop::InheritedSockets sockets;
  UniqueFd predecessor;  // our end of the channel to the router whose place this one takes; none: nobody's
  UniqueFd state_lock;   // the lock of its state_dir

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
