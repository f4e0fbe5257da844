// What the actions on data share: the directory, its files and the tools of one action, and passwords for those.
// Action thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/config/program_options.h"
#include "agent/postgres/config_files.h"
#include "agent/postgres/data_directory.h"
#include "agent/postgres/formats/conninfo_text.h"
#include "agent/postgres/formats/tool_options.h"
#include "agent/postgres/postgres_tools.h"
#include "agent/server/actions/action_work.h"
#include "agent/server/settings/server_files.h"

namespace tamada::agent {

// Of one action. `work` must outlive it.
struct DataWork {
  explicit DataWork(const ActionWork& work);

  const ActionWork& work;
  const ServerSetup& setup;
  DataDirectory directory;
  ConfigFiles files;
  PostgresTools tools;

  void tell(const std::string& words) const { work.tell(words, false); }
  void warn(const std::string& words) const { work.tell(words, true); }
  // Options that people gave, as words; what cannot be used is told.
  [[nodiscard]] std::vector<std::string> words_of(Tool tool, const std::vector<ProgramOption>& options) const;
  // The configuration's files as they stand in another folder, where the server's are in the data directory itself.
  [[nodiscard]] ConfigFiles files_in(const std::string& folder) const;
};

// How the action ended; a step that failed once it was cancelled is no failure.
[[nodiscard]] ha::ActionResult ended(const ActionWork& work, const Result<void>& result);

// The same work for what must be done although the action was cancelled: cleaning up.
[[nodiscard]] ActionWork without_stop(const ActionWork& work);

// An error where a server runs on the data, or may run: nobody may work on its files then.
[[nodiscard]] Result<void> nothing_runs(const ActionWork& work);

// May data that is there be removed, and by whose will? An error where the action may not.
[[nodiscard]] Result<RemovePermission> permission_of(const ActionWork& work);

// A password file for the tools of one action. It is gone when this goes.
class ToolPasswords {
 public:
  // Empty path(): none of them has a password, so that libpq looks where it always does. `setup`: where it stands.
  [[nodiscard]] static Result<ToolPasswords> write(const ServerSetup& setup,
                                                   const std::vector<postgres::Conninfo>& logins);
  ~ToolPasswords();
  ToolPasswords(ToolPasswords&& other) noexcept;
  ToolPasswords& operator=(ToolPasswords&&) = delete;
  ToolPasswords(const ToolPasswords&) = delete;
  ToolPasswords& operator=(const ToolPasswords&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit ToolPasswords(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

// The connection string of a tool or a script: without the password, and without what concerns the agent's sessions
// only. `more`: fields that win.
[[nodiscard]] std::string tool_conninfo(const postgres::Conninfo& login, const ConninfoFields& more);

// A value of the configuration as text, as postgresql.conf takes it; empty for null.
[[nodiscard]] std::string setting_text(const ConfigValue& value);

// A setting of the server as the node's configuration has it, in its recovery settings or its parameters; empty: it
// has none.
[[nodiscard]] std::string configured_setting(const ServerSetup& setup, const std::string& name);

// Waits, or until the action is cancelled: then it is false.
[[nodiscard]] bool wait_for(Duration time, const std::stop_token& stop);

}  // namespace tamada::agent
