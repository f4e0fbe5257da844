// TimelineFiles: reads the history files of the local server's timelines (pg_wal/00000002.history), on the side thread.
//
// Loop thread only; the side thread must outlive it. After destruction no callback runs.
#pragma once

#include <functional>
#include <string>

#include "agent/postgres/formats/timeline_history.h"
#include "common/loop/lifetime.h"
#include "common/loop/side_thread.h"

namespace tamada::agent {

class TimelineFiles {
 public:
  TimelineFiles(loop::SideThread& side, std::string data_dir) : side_(side), data_dir_(std::move(data_dir)) {}
  TimelineFiles(const TimelineFiles&) = delete;
  TimelineFiles& operator=(const TimelineFiles&) = delete;

  // One at a time; a question while one is read is not asked. `then`: never from inside the call.
  void read(Timeline timeline, std::function<void(const Result<TimelineHistory>&)> then);
  [[nodiscard]] bool is_reading() const { return is_reading_; }

 private:
  loop::SideThread& side_;
  const std::string data_dir_;
  bool is_reading_ = false;
  loop::WeakHandles<TimelineFiles> handles_{*this};
};

}  // namespace tamada::agent
