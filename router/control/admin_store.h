// AdminStore: AdminStates with a file behind it (`state_dir`/admin.json), so that they survive a restart.
// Broken or unwritable: logged, and the router goes on with what it knows (state_file.h). Control loop's
// thread.
#pragma once

#include <string>
#include <utility>

#include "common/files/state_file.h"
#include "common/log/event_log.h"
#include "common/loop/side_thread.h"
#include "router/control/admin_states.h"

namespace tamada::router {

class AdminStore {
 public:
  AdminStore(loop::SideThread& side, EventLog& log);

  // The folder of the file; empty: none. See StateFile::use_folder().
  void use_folder(const std::string& folder);

  [[nodiscard]] const AdminStates& states() const { return states_; }
  // Takes effect at once; the file follows.
  void set(const std::string& node, const std::string& listener, AdminState state,
           const AdminRequest& request);

  // See StateFile.
  void hold(StateFile::Held held) { file_.hold(std::move(held)); }
  void release() { file_.release(); }
  void retry() { file_.retry(); }

  static constexpr const char* file_name = "admin.json";

 private:
  EventLog& log_;
  AdminStates states_;
  StateFile file_;
};

}  // namespace tamada::router
