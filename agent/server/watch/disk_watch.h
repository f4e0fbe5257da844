// DiskWatch: what is known of the data directory where no server runs, read on another thread when that is due.
//
// When it cannot know (the disk does not answer within `patience`): `unknown`, and the reading goes on; a second one does not
// begin before. Loop thread only; loop and helper must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/server/watch/server_sighting.h"
#include "common/loop/blocking_task.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"
#include "common/process/exec_helper.h"

namespace tamada::agent {

class DiskWatch {
 public:
  static constexpr Duration patience = 5s;
  // A person, too, may change something there.
  static constexpr Duration read_every = 5s;

  DiskWatch(loop::Loop& loop, const ExecHelper& helper);
  ~DiskWatch() = default;
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;

  [[nodiscard]] const std::optional<DiskSighting>& known() const { return known_; }
  // What is known has to be read anew; until then it stays. What is being read at this moment does not count.
  void changed();
  // A server runs: there are data, and nothing that pg_control said before counts.
  void server_runs();
  [[nodiscard]] bool is_due() const;

  // `then` when it has been read, or patience is over; never from inside the call; it may destroy this. One at a time.
  void read(const std::string& data_dir, const std::string& bin_dir, std::function<void()> then);
  // `then` is not called any more.
  void stop_waiting();

 private:
  void start();
  void tell();

  loop::Loop& loop_;
  const ExecHelper& helper_;
  std::string data_dir_;
  std::string bin_dir_;
  std::function<void()> then_;
  std::optional<DiskSighting> known_;
  TimePoint read_at_{};
  bool is_changed_ = true;
  std::uint64_t generation_ = 0;  // of what is read
  loop::Timer limit_;
  std::unique_ptr<loop::BlockingTask> task_;
};

}  // namespace tamada::agent
