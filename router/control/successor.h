// Successor: the process that is to take this one's place, from its start until it serves or has failed.
//
// It is given the listening sockets, the lock of `state_dir` and its end of the channel. What can go wrong
// goes wrong without harm: it cannot be started, it ends or tells of an error before it serves, it takes
// longer than `limit` (then it is killed). Loop thread only; no callback once this is gone, and it may be
// destroyed inside each.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/loop/timer.h"
#include "common/process/spawn.h"
#include "router/control/hand_over_channel.h"

namespace tamada::router {

class Successor {
 public:
  struct Events {
    std::function<void(bool knows_leader)> prepared;     // it waits for go()
    std::function<void()> serving;                       // it accepts; this process need not any more
    std::function<void(const std::string& why)> failed;  // it is gone, or being killed
  };

  static constexpr Duration limit = 30s;

  // `command`: the program and its arguments. `sockets` by name; they stay the caller's. Errors are those of
  // spawn().
  [[nodiscard]] static Result<std::unique_ptr<Successor>> start(
      loop::Loop& loop, const std::vector<std::string>& command,
      std::vector<std::pair<std::string, int>> sockets, Events events);
  // Kills it, unless it serves.
  ~Successor();
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

  void go() const { channel_.send(HandOverWord::go); }
  void adopted() const { channel_.send(HandOverWord::adopted); }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  Successor(loop::Loop& loop, pid_t pid, UniqueFd end, Events events);
  void on_word(HandOverWord word, const std::string& detail);
  void fail_with(const std::string& why);

  const pid_t pid_;
  const UniqueFd process_;  // so that no other process that got its number is killed
  Events events_;
  bool serving_ = false;
  HandOverChannel channel_;
  loop::Timer patience_;
};

// Where the program lies that this process was started as: "name" is looked for in PATH, as a shell does.
// Another file may lie there by now; the one that runs is the answer only where there is none.
[[nodiscard]] std::string program_path(const std::string& name);

}  // namespace tamada::router
