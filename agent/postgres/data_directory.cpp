#include "agent/postgres/data_directory.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "agent/postgres/formats/number_text.h"
#include "agent/postgres/formats/wal_position.h"
#include "agent/postgres/mount_points.h"
#include "common/base/errno_text.h"
#include "common/files/small_file.h"

namespace tamada::agent {

namespace {

namespace fs = std::filesystem;

// The size of pg_control since 9.6 (PG_CONTROL_FILE_SIZE).
constexpr std::uintmax_t control_size = 8192;
constexpr const char* control_file = "/global/pg_control";
// Names that do not make a folder inside look like a server's, and that are not taken for contents.
constexpr const char* inner_clone = ".tamada-clone";
constexpr const char* inner_aside = ".failed";

tl::unexpected<Error> failed(const std::string& step, const std::error_code& code) {
  return fail(ErrorKind::system, fmt::format("{}: {}", step, describe_errno(code.value())));
}

// The names in a folder. An error of kind system.
Result<std::vector<std::string>> names_in(const std::string& folder) {
  std::error_code code;
  std::vector<std::string> names;
  fs::directory_iterator entry(folder, code);
  for (; !code && entry != fs::directory_iterator(); entry.increment(code))
    names.push_back(entry->path().filename().string());
  if (code) return failed("read the folder " + folder, code);
  return names;
}

bool is_content(const std::string& name) {
  return name.front() != '.' && name != "lost+found";
}

Result<void> move(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return failed(fmt::format("move {} to {}", from, to), {errno, std::generic_category()});
}

Result<void> remove_tree(const std::string& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return failed("remove " + path, code);
  return {};
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failed("make the folder " + path, {errno, std::generic_category()});
}

bool ends_with(const std::string& name, std::string_view end) {
  return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

// What a server puts into a tablespace's folder, and into pg_wal. A link may lead anywhere: nothing else is removed
// there.
bool is_servers(const std::string& name, bool is_tablespace) {
  if (is_tablespace) return name.substr(0, 3) == "PG_";
  return looks_like_wal_segment(name) || name == "archive_status" || name == "summaries" ||
         name.substr(0, 9) == "xlogtemp." || ends_with(name, ".history") || ends_with(name, ".partial") ||
         ends_with(name, ".backup");
}

Result<void> remove_behind_link(const std::string& link, bool is_tablespace) {
  std::error_code code;
  const std::string target = fs::canonical(link, code).string();
  if (code) return {};  // it leads nowhere
  const auto names = names_in(target);
  if (!names) return tl::make_unexpected(names.error());
  for (const std::string& name : *names) {
    if (!is_servers(name, is_tablespace)) continue;
    if (auto removed = remove_tree(target + "/" + name); !removed) return removed;
  }
  return {};
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

bool can_be_renamed(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return !is_mount_point(path) && ::access(parent.c_str(), W_OK | X_OK) == 0;
}

Result<void> move_contents(const std::string& from, const std::string& to) {
  auto names = names_in(from);
  if (!names) return tl::make_unexpected(std::move(names.error()));
  // pg_control comes last: before it is there nobody takes the folder for a whole one.
  std::stable_partition(names->begin(), names->end(),
                        [](const std::string& name) { return name != "global"; });
  for (const std::string& name : *names) {
    if (name == inner_clone || name == inner_aside || name == "lost+found") continue;
    if (auto moved = move(from + "/" + name, to + "/" + name); !moved) return moved;
  }
  return {};
}

// What `link` leads to becomes TARGET.failed, and the link, which is in the copy now, leads there.
Result<void> set_link_aside(const std::string& link) {
  std::error_code code;
  const std::string target = fs::canonical(link, code).string();
  if (code) return {};  // it leads nowhere
  if (!can_be_renamed(target))
    return fail(
        ErrorKind::denied,
        fmt::format("{} leads to {}, which is a mount point or in a folder that is not ours, and cannot be "
                    "moved: use a folder below it",
                    link, target));
  const std::string aside = target + ".failed";
  if (auto moved = move(target, aside); !moved) return moved;
  fs::remove(link, code);
  if (!code) fs::create_symlink(aside, link, code);
  if (code) return failed(fmt::format("let {} lead to {}", link, aside), code);
  return {};
}

}  // namespace

std::string normalised_path(const std::string& path) {
  std::error_code code;
  const fs::path absolute = fs::absolute(path, code);
  std::string text = (code ? fs::path(path) : absolute).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

const char* name_of(DataState state) {
  switch (state) {
    case DataState::missing:
      return "missing";
    case DataState::empty:
      return "empty";
    case DataState::foreign:
      return "foreign";
    case DataState::control_broken:
      return "control file broken";
    case DataState::unreadable:
      return "unreadable";
    case DataState::valid:
      return "valid";
  }
  return "";
}

DataDirectory::DataDirectory(const std::string& path) : path_(normalised_path(path)) {}

std::string DataDirectory::real_path() const {
  const std::unique_ptr<char, decltype(&free)> real(::realpath(path_.c_str(), nullptr), &free);
  return real ? std::string(real.get()) : path_;
}

DataLook DataDirectory::look() const {
  struct stat information {};
  if (::stat(path_.c_str(), &information) != 0) {
    if (errno == ENOENT) return {DataState::missing, std::nullopt, {}};
    return {DataState::unreadable, std::nullopt, fmt::format("{}: {}", path_, describe_errno(errno))};
  }
  const auto names = names_in(path_);
  if (!names) return {DataState::unreadable, std::nullopt, names.error().message};
  const bool is_empty = std::none_of(names->begin(), names->end(), is_content);
  if (is_empty) return {DataState::empty, std::nullopt, {}};

  DataLook look;
  if (const auto version = read_small_file(path_ + "/PG_VERSION", 64))
    look.major = whole_number<int>(trimmed(*version));
  if (::stat((path_ + control_file).c_str(), &information) != 0) {
    const int code = errno;
    if (code != ENOENT && code != ENOTDIR) {
      look.problem = fmt::format("{}{}: {}", path_, control_file, describe_errno(code));
      return look;
    }
    const bool is_servers = exists(path_ + "/PG_VERSION");
    look.state = is_servers ? DataState::control_broken : DataState::foreign;
    look.problem = is_servers ? fmt::format("{}{} is missing", path_, control_file)
                              : fmt::format("{} holds other files than a PostgreSQL server's", path_);
    return look;
  }
  look.state = DataState::valid;
  if (static_cast<std::uintmax_t>(information.st_size) != control_size) {
    look.state = DataState::control_broken;
    look.problem = fmt::format("{}{} has {} bytes instead of {}", path_, control_file, information.st_size,
                               control_size);
  } else if (!look.major) {
    look.state = DataState::control_broken;
    look.problem = fmt::format("{}/PG_VERSION cannot be read", path_);
  }
  return look;
}

bool DataDirectory::is_fixed() const {
  return !can_be_renamed(real_path());
}

std::string DataDirectory::clone_path() const {
  return is_fixed() ? real_path() + "/" + inner_clone : real_path() + ".clone";
}

std::string DataDirectory::aside_path() const {
  return is_fixed() ? real_path() + "/" + inner_aside : real_path() + ".failed";
}

Result<void> DataDirectory::clear_clone(const RemovePermission& /*permission*/) const {
  return remove_tree(clone_path());
}

Result<void> DataDirectory::put_clone_in_place() const {
  const std::string clone = clone_path();
  const std::string place = real_path();
  const DataState state = look().state;
  if (!exists(clone)) return fail(ErrorKind::invalid, fmt::format("there is no clone in {}", clone));
  const bool is_fixed_now = is_fixed();
  // Inside, a part of it may be there, from a try that was cut off.
  const bool is_partly_there =
      is_fixed_now && (state == DataState::foreign || state == DataState::control_broken);
  if (state != DataState::missing && state != DataState::empty && !is_partly_there)
    return fail(ErrorKind::denied,
                fmt::format("{} is {}: a clone is put only where nothing is; set it aside first", place,
                            name_of(state)));
  // rename(2) takes an empty folder as a target. One with files of others (their names begin with a dot) keeps them.
  if (!is_fixed_now && (state == DataState::missing || ::rmdir(place.c_str()) == 0))
    return move(clone, place);
  if (auto moved = move_contents(clone, place); !moved) return moved;
  return remove_tree(clone);
}
std::vector<std::string> DataDirectory::links() const {
  std::vector<std::string> found;
  std::error_code ignored;
  if (fs::is_symlink(path_ + "/pg_wal", ignored)) found.emplace_back("pg_wal");
  if (const auto names = names_in(path_ + "/pg_tblspc")) {
    for (const std::string& name : *names) {
      if (fs::is_symlink(path_ + "/pg_tblspc/" + name, ignored)) found.push_back("pg_tblspc/" + name);
    }
  }
  return found;
}

Result<void> DataDirectory::set_aside(const std::optional<RemovePermission>& previous) const {
  const DataState state = look().state;
  if (state == DataState::missing || state == DataState::empty) return {};
  if (state == DataState::foreign || state == DataState::unreadable)
    return fail(ErrorKind::denied, look().problem + "; nothing is moved");
  const std::string place = real_path();
  const std::string aside = aside_path();
  const std::vector<std::string> linked = links();
  std::vector<std::string> earlier{aside};
  for (const std::string& link : linked) {
    std::error_code code;
    const std::string target = fs::canonical(path_ + "/" + link, code).string();
    if (!code) earlier.push_back(target + ".failed");
  }
  for (const std::string& copy : earlier) {
    if (!exists(copy)) continue;
    if (!previous)
      return fail(
          ErrorKind::denied,
          fmt::format("{} is a copy that was kept earlier; look whether it is still wanted, and remove it",
                      copy));
    if (auto removed = remove_tree(copy); !removed) return removed;
  }
  if (is_fixed()) {
    if (auto made = make_folder(aside); !made) return made;
    if (auto moved = move_contents(place, aside); !moved) return moved;
  } else {
    if (auto moved = move(place, aside); !moved) return moved;
  }
  for (const std::string& link : linked) {
    if (auto moved = set_link_aside(aside + "/" + link); !moved) return moved;
  }
  return {};
}

Result<void> DataDirectory::remove(const RemovePermission& /*permission*/) const {
  const DataState state = look().state;
  if (state == DataState::missing || state == DataState::empty) return {};
  if (state == DataState::foreign || state == DataState::unreadable)
    return fail(ErrorKind::denied, look().problem + "; nothing is removed");
  return remove_leftover();
}

Result<void> DataDirectory::remove_leftover() const {
  const DataState state = look().state;
  if (state == DataState::missing || state == DataState::empty) return {};
  for (const std::string& link : links()) {
    if (auto removed = remove_behind_link(path_ + "/" + link, link != "pg_wal"); !removed) return removed;
  }
  const auto names = names_in(path_);
  if (!names) return tl::make_unexpected(names.error());
  for (const std::string& name : *names) {
    if (name == "lost+found" || name == inner_aside || name == inner_clone) continue;
    if (auto removed = remove_tree(path_ + "/" + name); !removed) return removed;
  }
  return {};
}

Result<std::uint64_t> DataDirectory::free_space() const {
  struct statvfs information {};
  std::string place = real_path();
  while (::statvfs(place.c_str(), &information) != 0) {
    if (errno != ENOENT || place.size() <= 1)
      return failed("look for free space at " + place, {errno, std::generic_category()});
    place = fs::path(place).parent_path().string();  // not made yet
  }
  return std::uint64_t{information.f_bavail} * information.f_frsize;
}

Result<std::uint64_t> DataDirectory::used_space() const {
  std::uint64_t total = 0;
  for (const std::string& folder : {path_, path_ + "/pg_wal"}) {
    std::error_code code;
    if (folder != path_ && !fs::is_symlink(folder, code)) continue;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, code);
    if (code) return failed("read the folder " + folder, code);
    for (; entry != fs::recursive_directory_iterator(); entry.increment(code)) {
      if (code) break;
      struct stat information {};
      if (::lstat(entry->path().c_str(), &information) == 0 && S_ISREG(information.st_mode))
        total += static_cast<std::uint64_t>(information.st_blocks) * 512;
    }
  }
  return total;
}

}  // namespace tamada::agent
