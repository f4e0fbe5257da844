#include "agent/server/watch/postmaster_finder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "agent/postgres/formats/postmaster_pid.h"
#include "common/base/errno_text.h"
#include "common/files/small_file.h"
#include "common/process/process_stat.h"

namespace tamada::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_text = 8192;
constexpr std::string_view deleted = " (deleted)";  // the kernel's word for a program that was replaced

bool is_gone(int code) {
  return code == ENOENT || code == ESRCH;
}
bool is_denied(int code) {
  return code == EACCES || code == EPERM;
}

Error problem_of(const std::string& step, int code) {
  const char* const remedy = is_denied(code) ? ": run the agent as the user that PostgreSQL runs as" : "";
  return {is_denied(code) ? ErrorKind::denied : ErrorKind::system,
          fmt::format("{}: {}{}", step, describe_errno(code), remedy)};
}

std::string without_deleted(std::string path) {
  if (path.size() > deleted.size() &&
      path.compare(path.size() - deleted.size(), deleted.size(), deleted) == 0)
    path.resize(path.size() - deleted.size());
  return path;
}

// One look at a process by its number. The error is an errno.
class Candidate {
 public:
  Candidate(const std::string& proc, pid_t pid) : proc_(proc), pid_(pid) {}

  // 0: there is none, or a zombie.
  [[nodiscard]] tl::expected<std::uint64_t, int> start_time() {
    const auto stat = read_process_stat(pid_, proc_);
    if (!stat && is_gone(stat.error())) return 0;
    if (!stat) return tl::make_unexpected(stat.error());
    name_ = stat->name;
    return stat->has_ended() ? 0 : stat->start_time;
  }

  // As every process of PostgreSQL: the program's name is postgres, and it works in the data directory.
  [[nodiscard]] tl::expected<bool, int> works_in(const std::string& data_dir) const {
    const auto program = link("exe");
    if (!program) return tl::make_unexpected(program.error());
    if (fs::path(*program).filename() != "postgres") return false;
    const auto directory = link("cwd");
    if (!directory) return tl::make_unexpected(directory.error());
    return *directory == data_dir;
  }

  // What may not be looked at belongs to another user. PostgreSQL runs as the owner of its data, and is called postgres.
  [[nodiscard]] bool is_surely_other(const std::string& data_dir) const {
    struct stat process {};
    struct stat data {};
    if (::stat(folder().c_str(), &process) != 0 || ::stat(data_dir.c_str(), &data) != 0) return false;
    return process.st_uid != data.st_uid && name_ != "postgres" && name_ != "postmaster";
  }

 private:
  [[nodiscard]] std::string folder() const { return fmt::format("{}/{}", proc_, pid_); }
  // Empty: the process has gone.
  [[nodiscard]] tl::expected<std::string, int> link(const char* name) const {
    std::error_code code;
    std::string target = fs::read_symlink(folder() + "/" + name, code).string();
    if (code && is_gone(code.value())) return std::string();
    if (code) return tl::make_unexpected(code.value());
    return without_deleted(std::move(target));
  }

  const std::string proc_;
  const pid_t pid_;
  std::string name_;
};

}  // namespace

Result<std::string> read_postmaster_pid(const std::string& data_dir) {
  const std::string path = data_dir + "/postmaster.pid";
  struct stat information {};
  if (::stat(path.c_str(), &information) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::string();
    return tl::make_unexpected(problem_of("look at " + path, errno));
  }
  return read_small_file(path, most_text);
}

Result<std::optional<ProcessIdentity>> find_postmaster(const std::string& data_dir, const std::string& proc) {
  const std::optional<ProcessIdentity> none;
  const auto text = read_postmaster_pid(data_dir);
  if (!text) return tl::make_unexpected(text.error());
  const PostmasterPid file = parse_postmaster_pid(*text);
  if (!file.pid) return none;
  std::error_code code;
  const std::string real = fs::canonical(data_dir, code).string();
  if (code) return tl::make_unexpected(problem_of("look at " + data_dir, code.value()));

  Candidate process(proc, *file.pid);
  const auto problem = [&](int errno_code) -> Result<std::optional<ProcessIdentity>> {
    if (is_denied(errno_code) && process.is_surely_other(real)) return none;
    return tl::make_unexpected(problem_of(fmt::format("look at process {}", *file.pid), errno_code));
  };
  const auto before = process.start_time();
  if (!before) return problem(before.error());
  if (*before == 0) return none;
  const auto is_there = process.works_in(real);
  if (!is_there) return problem(is_there.error());
  if (!*is_there) return none;
  // Between the two looks the number cannot become another's and be the first one's again.
  const auto after = process.start_time();
  if (!after) return problem(after.error());
  if (*after != *before) return none;
  if (file.is_single_user)
    return fail(ErrorKind::unavailable,
                fmt::format("process {} works on {} in single-user mode", *file.pid, data_dir));
  return ProcessIdentity{*file.pid, *before};
}

PostmasterFinder::PostmasterFinder(loop::Loop& loop, const std::string& data_dir, Then then)
    : task_(
          loop, "find-postmaster",
          [data_dir](const std::stop_token& /*stop*/) { return find_postmaster(data_dir); }, std::move(then),
          0s) {}

}  // namespace tamada::agent
