// AdminStore: AdminStates with a file behind it (`state_dir`/admin.json), so that they survive a restart.
//
// The file is replaced as a whole: written beside, fsync, rename, fsync of the folder; a power failure leaves
// the old one or the new one. Reading at start blocks (nothing serves yet); writing happens on the side
// thread. A file that cannot be read, is broken, or cannot be written, is logged with its reason, and the
// router goes on with what it knows. Control loop's thread.
#pragma once

#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/loop/side_thread.h"
#include "router/shell/admin_states.h"
#include "router/shell/event_log.h"

namespace tamada::router {

class AdminStore {
 public:
  AdminStore(loop::SideThread& side, EventLog& log) : side_(side), log_(log) {}
  AdminStore(const AdminStore&) = delete;
  AdminStore& operator=(const AdminStore&) = delete;

  // The folder of the file; empty: none. The first call reads it; a later one (the setting changed) writes
  // what is known there. Blocks at the first call only.
  void use_folder(const std::string& folder);

  [[nodiscard]] const AdminStates& states() const { return states_; }
  // Takes effect at once; the file follows.
  void set(const std::string& node, const std::string& listener, AdminState state);

  static constexpr const char* file_name = "admin.json";

 private:
  void save();

  loop::SideThread& side_;
  EventLog& log_;
  AdminStates states_;
  std::string path_;
  bool loaded_ = false;
  bool saving_ = false;
  bool changed_while_saving_ = false;
};

// Replaces `path` by `text`, durably. Blocks. Errors name the step: "write /var/lib/x/admin.json.new: no
// space left on device".
[[nodiscard]] Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace tamada::router
