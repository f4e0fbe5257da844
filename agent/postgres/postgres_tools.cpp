#include "agent/postgres/postgres_tools.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "agent/postgres/formats/number_text.h"
#include "agent/postgres/formats/shell_words.h"
#include "common/base/bytes.h"
#include "common/base/errno_text.h"
#include "common/files/state_file.h"

namespace tamada::agent {

namespace {

// Programs that only read a little: a disk that does not answer in this time is ill.
constexpr Duration look_deadline = 30s;

// The file with initdb's password, gone when this goes.
class SecretFile {
 public:
  explicit SecretFile(std::string path) : path_(std::move(path)) {}
  ~SecretFile() { ::unlink(path_.c_str()); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

 private:
  const std::string path_;
};

// "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "... 18beta1"
std::optional<int> version_in(std::string_view text) {
  constexpr std::string_view before = "(PostgreSQL) ";
  const std::size_t found = text.find(before);
  if (found == std::string_view::npos) return std::nullopt;
  std::string_view rest = trimmed(text.substr(found + before.size()));
  const auto take_digits = [&rest] {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto number = whole_number<int>(rest.substr(0, end));
    rest = rest.substr(end);
    return number;
  };
  const auto major = take_digits();
  if (!major || *major < 10 || *major > 999) return std::nullopt;
  int minor = 0;
  if (!rest.empty() && rest.front() == '.') {
    rest = rest.substr(1);
    minor = take_digits().value_or(0);
  }
  return *major * 10000 + std::min(minor, 9999);
}

}  // namespace

PostgresTools::PostgresTools(ToolRunner& changing, ToolRunner& looking, ToolPlace place)
    : changing_(changing), looking_(looking), place_(std::move(place)) {}

Result<ControlData> PostgresTools::control_data(const std::string& data_dir,
                                                const std::stop_token& stop) const {
  const ToolRun run{control_data_call(place_, data_dir), look_deadline, {}, {}};
  const ToolEnd end = looking_.run(run, stop);
  if (auto success = success_of(run, end); !success) return tl::make_unexpected(std::move(success.error()));
  return parse_control_data(end.output + end.error);
}

Result<int> PostgresTools::server_version(const std::stop_token& stop) const {
  ToolRun run{describe_settings_call(place_), look_deadline, {}, {}};
  run.call.arguments.back() = "--version";
  const ToolEnd end = looking_.run(run, stop);
  if (auto success = success_of(run, end); !success) return tl::make_unexpected(std::move(success.error()));
  if (const auto version = version_in(end.output)) return *version;
  return fail(ErrorKind::invalid,
              fmt::format("{} --version said \"{}\" and no version of PostgreSQL from 10 on",
                          run.call.program, printable(trimmed(end.output))));
}

Result<DescribedSettings> PostgresTools::described_settings(const std::stop_token& stop) const {
  const ToolRun run{describe_settings_call(place_), look_deadline, {}, {}};
  const ToolEnd end = looking_.run(run, stop);
  if (auto success = success_of(run, end); !success) return tl::make_unexpected(std::move(success.error()));
  return parse_described_settings(end.output);
}

Result<void> PostgresTools::initdb(InitdbPlan plan, const std::optional<std::string>& password,
                                   Duration deadline, const std::stop_token& stop) const {
  std::optional<SecretFile> secret;
  if (password && !password->empty()) {
    if (password->find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
      return fail(ErrorKind::invalid,
                  "the superuser's password has a line end or a zero byte; choose another one");
    // Beside the folder that is made: initdb wants that one empty.
    plan.password_file = plan.data_dir + ".pwfile";
    secret.emplace(*plan.password_file);
    if (auto written = replace_file(*plan.password_file, *password + "\n"); !written) return written;
  }
  const ToolRun run{initdb_call(place_, plan), deadline, {}, {}};
  return success_of(run, changing_.run(run, stop));
}

Result<void> PostgresTools::base_backup(const BaseBackupPlan& plan, const OnProgress& on_progress,
                                        std::optional<Duration> deadline, const std::stop_token& stop) const {
  ToolRun run{base_backup_call(place_, plan), deadline, {}, {}};
  run.on_line = [&on_progress](std::string_view line) {
    const auto progress = parse_backup_progress(line);
    if (progress && on_progress) on_progress(*progress);
  };
  return success_of(run, changing_.run(run, stop));
}

tl::expected<void, RewindProblem> PostgresTools::rewind(const RewindPlan& plan,
                                                        std::optional<Duration> deadline,
                                                        const std::stop_token& stop) const {
  const ToolRun run{rewind_call(place_, plan), deadline, {}, {}};
  const ToolEnd end = changing_.run(run, stop);
  auto success = success_of(run, end);
  if (success) return {};
  RewindProblem problem{parse_rewind_failure(end.output + end.error), std::move(success.error())};
  if (end.end.kind == ChildEnd::Kind::cancelled || end.end.kind == ChildEnd::Kind::deadline)
    problem.output = {RewindFailure::cancelled, std::nullopt};
  return tl::make_unexpected(std::move(problem));
}

Result<void> PostgresTools::crash_recovery(const ProgramCall& call, std::optional<Duration> deadline,
                                           const std::stop_token& stop) const {
  const ToolRun run{call, deadline, {}, {}};
  return success_of(run, changing_.run(run, stop));
}

ToolEnd PostgresTools::read_wal(const std::string& data_dir, Timeline timeline, WalPosition from, int count,
                                const std::stop_token& stop) const {
  return looking_.run(
      {waldump_call(place_, data_dir + "/pg_wal", timeline, from, count), look_deadline, {}, {}}, stop);
}

Result<std::optional<WalPosition>> PostgresTools::checkpoint_end(const std::string& data_dir,
                                                                 Timeline timeline, WalPosition checkpoint,
                                                                 const std::stop_token& stop) const {
  // It fails when it is right: there is no second record.
  const ToolEnd end = read_wal(data_dir, timeline, checkpoint, 2, stop);
  if (end.end.kind != ChildEnd::Kind::exited) {
    const ToolRun run{waldump_call(place_, data_dir, timeline, checkpoint, 2), look_deadline, {}, {}};
    return tl::make_unexpected(success_of(run, end).error());
  }
  return checkpoint_end_in(end.output, end.error, checkpoint);
}

WalPosition PostgresTools::shutdown_position_of(const std::string& data_dir, Timeline timeline,
                                                WalPosition checkpoint, const std::stop_token& stop) const {
  const ToolEnd own = read_wal(data_dir, timeline, checkpoint, 1, stop);
  const auto record = parse_waldump_line(own.output);
  if (!record || record->position != checkpoint) return checkpoint;
  const ToolEnd before = read_wal(data_dir, timeline, record->previous, 1, stop);
  return shutdown_position(checkpoint, parse_waldump_line(before.output));
}

Result<void> PostgresTools::fetch_segment(const std::string& restore_command, const std::string& data_dir,
                                          const std::string& segment, Duration deadline,
                                          const std::stop_token& stop) const {
  const std::string unfinished = "pg_wal/RECOVERYXLOG";  // the server's own name for it, and it removes it
  const std::string command =
      expand_archive_command(restore_command, {unfinished, segment, "000000010000000000000001"});
  // As the server runs it: through a shell, in the data directory.
  const ToolRun run{{"/bin/sh", {"sh", "-c", command}, place_.environment, data_dir}, deadline, {}, {}};
  if (auto success = success_of(run, changing_.run(run, stop)); !success) return success;
  const std::string from = data_dir + "/" + unfinished;
  const std::string to = data_dir + "/pg_wal/" + segment;
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return fail(ErrorKind::system,
              fmt::format("restore_command said that it fetched {}, but: move {} to {}: {}", segment, from,
                          to, describe_errno(errno)));
}

Result<void> PostgresTools::method(const ProgramCall& call, std::optional<Duration> deadline,
                                   const std::stop_token& stop) const {
  const ToolRun run{call, deadline, {}, {}};
  return success_of(run, changing_.run(run, stop));
}

}  // namespace tamada::agent
