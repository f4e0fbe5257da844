// PostgresTools: PostgreSQL's programs, run to their end, with what they say as values. On the action thread. Each call
// can be cancelled by its stop_token; deadlines are those of the whole run. Errors are those of success_of() unless
// said otherwise.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/postgres/formats/control_data.h"
#include "agent/postgres/formats/described_settings.h"
#include "agent/postgres/formats/rewind_output.h"
#include "agent/postgres/formats/tool_calls.h"
#include "agent/postgres/formats/waldump_text.h"
#include "agent/postgres/tool_runner.h"

namespace tamada::agent {

struct RewindProblem {
  RewindOutput output;
  Error error;
};

class PostgresTools {
 public:
  // `changing`: for what works on the data directory; `looking`: for what only reads. Both must outlive it.
  // `place.environment`: tool_environment().
  PostgresTools(ToolRunner& changing, ToolRunner& looking, ToolPlace place);

  // A damaged file is no error (is_damaged); a file that is not there, or cut off, is one. Not while a base backup or
  // initdb works there.
  [[nodiscard]] Result<ControlData> control_data(const std::string& data_dir,
                                                 const std::stop_token& stop) const;

  // 15.18 is 150018. invalid: its words hold no version.
  [[nodiscard]] Result<int> server_version(const std::stop_token& stop) const;
  [[nodiscard]] Result<DescribedSettings> described_settings(const std::stop_token& stop) const;

  // `password` is given to initdb in a file of its own, which is gone afterwards.
  [[nodiscard]] Result<void> initdb(InitdbPlan plan, const std::optional<std::string>& password,
                                    Duration deadline, const std::stop_token& stop) const;

  // Into plan.folder. What a failed one left there is the caller's to clear.
  using OnProgress = std::function<void(const BackupProgress& progress)>;
  [[nodiscard]] Result<void> base_backup(const BaseBackupPlan& plan, const OnProgress& on_progress,
                                         std::optional<Duration> deadline, const std::stop_token& stop) const;

  // After a failure, or when it was cancelled, only another rewind or a clone can follow (rewind_ladder.h).
  [[nodiscard]] tl::expected<void, RewindProblem> rewind(const RewindPlan& plan,
                                                         std::optional<Duration> deadline,
                                                         const std::stop_token& stop) const;

  // single_user_call(); recovery signal files must be gone before.
  [[nodiscard]] Result<void> crash_recovery(const ProgramCall& call, std::optional<Duration> deadline,
                                            const std::stop_token& stop) const;

  // Of a server that was shut down: where its shutdown checkpoint ends; none: cannot be known.
  [[nodiscard]] Result<std::optional<WalPosition>> checkpoint_end(const std::string& data_dir,
                                                                  Timeline timeline, WalPosition checkpoint,
                                                                  const std::stop_token& stop) const;

  // shutdown_position(): reads the checkpoint's record and the one before it. What cannot be read leaves the
  // checkpoint.
  [[nodiscard]] WalPosition shutdown_position_of(const std::string& data_dir, Timeline timeline,
                                                 WalPosition checkpoint, const std::stop_token& stop) const;

  // A segment by restore_command into pg_wal: under another name first, so that a half of it is never taken for it.
  [[nodiscard]] Result<void> fetch_segment(const std::string& restore_command, const std::string& data_dir,
                                           const std::string& segment, Duration deadline,
                                           const std::stop_token& stop) const;

  // A method or script of people's own.
  [[nodiscard]] Result<void> method(const ProgramCall& call, std::optional<Duration> deadline,
                                    const std::stop_token& stop) const;

 private:
  [[nodiscard]] ToolEnd read_wal(const std::string& data_dir, Timeline timeline, WalPosition from, int count,
                                 const std::stop_token& stop) const;

  ToolRunner& changing_;
  ToolRunner& looking_;
  const ToolPlace place_;
};

}  // namespace tamada::agent
