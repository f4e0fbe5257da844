// RuntimeClient: one connection to a run-time socket, from its first byte to its last.
//
// Like HAProxy: a line with one or more commands is answered and the connection closed, unless `prompt` has
// made it interactive. One command at a time: the next one is looked at when the answer to the one before is
// with the kernel. So whoever does not read is not read from, and pins one answer at most, until the
// time-out. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/loop/lifetime.h"
#include "common/loop/stream_callbacks.h"
#include "common/loop/tcp_stream.h"
#include "common/loop/timer.h"
#include "router/api/backend/fresh_cache.h"
#include "router/api/runtime/command_reader.h"
#include "router/api/runtime/runtime_commands.h"

namespace tamada::router {

// What the clients of all run-time sockets have in common. Outlives them.
class RuntimeCallbacks {
 public:
  // Null: nobody could tell in time.
  virtual void get_snapshot(SnapshotCache::Use use) = 0;
  virtual void get_sessions(SessionCache::Use use) = 0;
  virtual void act(Action action, std::function<void(ActionResult)> done) = 0;
  [[nodiscard]] virtual RenderOptions render_options() const = 0;
  [[nodiscard]] virtual std::span<const StatsSocket> sockets() const = 0;

 protected:
  ~RuntimeCallbacks() = default;
};

class RuntimeClient final : private loop::StreamCallbacks {
 public:
  // `from`: where it came from, for the log. `gone` is called once, at the end, perhaps from inside a
  // callback of the stream; the client may be destroyed from the next turn on.
  RuntimeClient(loop::Loop& loop, RuntimeCallbacks& host, UniqueFd socket, SocketLevel level,
                std::string from, std::function<void()> gone);
  RuntimeClient(const RuntimeClient&) = delete;
  RuntimeClient& operator=(const RuntimeClient&) = delete;

  static constexpr Duration idle_default = 10s;  // HAProxy's `stats timeout`

 private:
  void on_bytes(std::span<const std::byte> bytes) override;
  void on_end() override;
  void on_drained() override;
  void on_closed(const Error& why) override;

  void work();
  void run(const std::string& command);
  void gather(const RuntimeCommand& command);
  void execute(const RuntimeCommand& command);
  void take(CommandReply reply);
  void answer(const std::string& text);
  void finish();
  void end();
  [[nodiscard]] bool is_idle() const;

  RuntimeCallbacks& host_;
  loop::TcpStream stream_;
  loop::Timer idle_;
  CommandReader reader_;
  SocketLevel level_;
  const std::string from_;
  const std::function<void()> gone_;
  Duration timeout_ = idle_default;
  std::vector<std::string> words_;  // of the command that is being answered
  std::shared_ptr<const StatsSnapshot> snapshot_;
  std::shared_ptr<const SessionList> sessions_;
  bool busy_ = false;  // a command waits for its answer
  bool working_ = false;
  bool answered_ = false;  // a command, at least
  bool interactive_ = false;
  bool stranger_ = false;  // said something that is no command, without a prompt
  bool ended_ = false;     // the peer sends nothing more
  // Late answers find out by it whether somebody still waits for them.
  loop::WeakHandles<RuntimeClient> handles_{*this};
};

}  // namespace tamada::router
