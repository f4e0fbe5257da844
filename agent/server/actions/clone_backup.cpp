// A clone by pg_basebackup, beside the data directory until it is whole.
#include <fmt/format.h>

#include <algorithm>

#include "agent/server/actions/clone_steps.h"
#include "agent/server/actions/clone_tablespaces.h"
#include "agent/server/actions/leader_questions.h"

namespace tamada::agent {

namespace {

const RemovePermission leftover(RemovePermission::Why::own_leftover);
constexpr std::uint64_t kilobyte = 1024;
constexpr std::uint64_t progress_step = 10;  // percent

// Tells how far it is every now and then, and once when the disk may be too small: not whether it is, since a file
// system may compress, and tablespaces may be elsewhere.
class Progress {
 public:
  Progress(const DataWork& data, std::uint64_t free_bytes) : data_(data), free_bytes_(free_bytes) {}

  void operator()(const BackupProgress& seen) {
    if (seen.total_kb == 0) return;
    if (!has_judged_ && seen.total_kb * kilobyte > free_bytes_) {
      data_.warn(fmt::format("the copy is to have about {} MB, and {} MB are free", seen.total_kb / kilobyte,
                             free_bytes_ / kilobyte / kilobyte));
    }
    has_judged_ = true;
    const std::uint64_t percent = std::min<std::uint64_t>(seen.done_kb * 100 / seen.total_kb, 100);
    if (percent < next_) return;
    next_ = percent - percent % progress_step + progress_step;
    data_.tell(
        fmt::format("copied {} of {} MB ({} %)", seen.done_kb / kilobyte, seen.total_kb / kilobyte, percent));
  }

 private:
  const DataWork& data_;
  const std::uint64_t free_bytes_;
  std::uint64_t next_ = progress_step;
  bool has_judged_ = false;
};

// What an earlier backup left. Behind its links only where no data is there that has them, too.
Result<void> clear(const DataWork& data) {
  const DataState state = data.directory.look().state;
  if (state == DataState::missing || state == DataState::empty) {
    const DataDirectory clone(data.directory.clone_path());
    if (clone.has_links()) {
      if (auto removed = clone.remove_leftover(); !removed) return removed;
    }
  }
  return data.directory.clear_clone(leftover);
}

std::vector<std::string> options_of(const DataWork& data) {
  const auto& given = data.setup.postgres.basebackup;
  std::vector<std::string> words = data.words_of(Tool::pg_basebackup, given);
  const bool names_checkpoint = std::any_of(
      given.begin(), given.end(), [](const ProgramOption& option) { return option.name == "checkpoint"; });
  // Else it would wait for the source's next checkpoint, for minutes.
  if (!names_checkpoint) words.emplace_back("--checkpoint=fast");
  return words;
}

Result<void> copy(const CloneTask& task, const Upstream& source) {
  const DataWork& data = task.data;
  const postgres::Conninfo login = member_conninfo(data.setup, source, LoginAs::replication);
  // A source that does not answer is told before anything is removed.
  auto identity = identity_of(data, login);
  if (!identity) return tl::make_unexpected(std::move(identity.error()));
  if (task.leader.is_set() && source.name != task.leader.name) {
    identity = identity_of(data, member_conninfo(data.setup, task.leader, LoginAs::replication));
    if (!identity) return tl::make_unexpected(std::move(identity.error()));
  }
  if (auto cleared = clear(data); !cleared) return cleared;
  const auto passwords = ToolPasswords::write(data.setup, {login});
  if (!passwords) return tl::make_unexpected(passwords.error());
  const BaseBackupPlan plan{data.directory.clone_path(),
                            tool_conninfo(login, {{"dbname", data.setup.postgres.database}}),
                            passwords->path(), options_of(data)};
  const std::vector<std::string> tablespaces = empty_tablespaces(data, source);
  Progress progress(data, data.directory.free_space().value_or(UINT64_MAX));
  auto made = data.tools.base_backup(plan, std::ref(progress), std::nullopt, data.work.stop);
  if (made) made = judge_copy(data, plan.folder, identity->system_identifier);
  if (made) made = make_standby(data.files_in(plan.folder));
  if (!made) empty_again(data, tablespaces);
  return made;
}

}  // namespace

Result<void> clone_by_backup(CloneTask& task) {
  const DataWork& data = task.data;
  if (data.directory.has_links()) {
    data.tell("pg_wal or tablespaces of the old data are elsewhere: it is moved aside before the copy");
    if (auto moved = make_room(task); !moved) return moved;
  }
  Result<void> made = fail(ErrorKind::unavailable, "there is no member to copy from");
  for (const Upstream& source : task.members) {
    data.tell(fmt::format("trying to bootstrap from leader '{}'", source.name));
    made = copy(task, source);
    if (made || data.work.stop.stop_requested()) break;
    data.warn(fmt::format("the copy of {} failed: {}", source.name, made.error().message));
  }
  if (!made) {
    if (auto cleared = clear(data); !cleared)
      made.error().message += "; its remains could not be removed: " + cleared.error().message;
    return made;
  }
  task.is_system_known = true;
  // Both moves are short. A crash between them leaves the old data aside.
  if (auto moved = make_room(task); !moved) return moved;
  if (auto placed = data.directory.put_clone_in_place(); !placed) return placed;
  return data.files.restore_copies();
}

}  // namespace tamada::agent
