// HandOverChannel: how a router and the one that takes its place talk while that happens, over a pair of
// SOCK_SEQPACKET sockets of which the new process inherits one.
//
// * `prepared`, says the new one: its configuration is valid, its ports are open, and it knows the leader.
// * `leaderless`, says the new one instead: it has waited for a leader in vain. Whether there is one, the old
// one knows.
// * `go`, says the old one: what it keeps in `state_dir` is written, and it writes no more.
// * `serving`, says the new one: it accepts clients.
// * `adopted`, says the old one: systemd has been told who is the service now.
// * `failed`, says the new one: it ends, and why. The end of the channel before `serving` means the same.
//
// A word that is not known is left alone: the other one may be of another version. Loop thread only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/unique_fd.h"
#include "common/loop/fd_watch.h"

namespace tamada::router {

enum class HandOverWord { prepared, go, serving, adopted, failed, leaderless };

class HandOverChannel final : private loop::FdCallbacks {
 public:
  // Under which the new process inherits its end. The number changes with what the words mean.
  static constexpr std::string_view inherited_name = "tamada-hand-over-1";

  struct Ends {
    UniqueFd own;
    UniqueFd other;
  };
  [[nodiscard]] static Result<Ends> make();

  using OnWord = std::function<void(HandOverWord word, const std::string& detail)>;
  // `on_end`: the other side has gone; no callback comes after it. This may be destroyed inside both.
  HandOverChannel(loop::Loop& loop, UniqueFd end, OnWord on_word, std::function<void()> on_end);
  ~HandOverChannel() = default;
  HandOverChannel(const HandOverChannel&) = delete;
  HandOverChannel& operator=(const HandOverChannel&) = delete;

  // What cannot be sent is lost: the other side has gone, and on_end tells so.
  void send(HandOverWord word, std::string_view detail = {}) const { send(end_.get(), word, detail); }
  // The same while there is no loop.
  static void send(int end, HandOverWord word, std::string_view detail);

 private:
  void on_ready(std::uint32_t events) noexcept override;

  UniqueFd end_;
  loop::FdWatch watch_;
  OnWord on_word_;
  std::function<void()> on_end_;
};

}  // namespace tamada::router
