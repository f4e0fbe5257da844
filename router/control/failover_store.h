// FailoverStore: the FailoverLog with a file behind it (`state_dir`/failovers.json), so that what happened
// last night survives a restart. Broken or unwritable: logged, and the router goes on with what it knows
// (state_file.h). Control loop's thread.
#pragma once

#include <string>
#include <utility>

#include "common/files/state_file.h"
#include "common/log/event_log.h"
#include "common/loop/side_thread.h"
#include "router/history/failover_log.h"

namespace tamada::router {

class FailoverStore {
 public:
  FailoverStore(loop::SideThread& side, EventLog& log, FailoverLog::Totals totals);
  FailoverStore(const FailoverStore&) = delete;
  FailoverStore& operator=(const FailoverStore&) = delete;

  // The folder of the file; empty: none. See StateFile::use_folder().
  void use_folder(const std::string& folder);

  // Tell it what happens, then call keep().
  [[nodiscard]] FailoverLog& log() { return failovers_; }
  [[nodiscard]] const FailoverLog& log() const { return failovers_; }
  // Writes the file if something changed that should outlive a restart.
  void keep();

  // See StateFile.
  void hold(StateFile::Held held) { file_.hold(std::move(held)); }
  void release() { file_.release(); }
  void retry() { file_.retry(); }

  static constexpr const char* file_name = "failovers.json";

 private:
  EventLog& log_;
  FailoverLog failovers_;
  StateFile file_;
};

}  // namespace tamada::router
