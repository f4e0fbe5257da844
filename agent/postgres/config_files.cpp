#include "agent/postgres/config_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "agent/postgres/formats/server_config_text.h"
#include "common/base/errno_text.h"
#include "common/files/small_file.h"
#include "common/files/state_file.h"

namespace tamada::agent {

namespace {

constexpr std::size_t largest_file = std::size_t{16} << 20;
constexpr const char* open_suffix = ".open";

tl::unexpected<Error> failed(const char* step, const std::string& path, int code) {
  return fail(ErrorKind::system, fmt::format("{} {}: {}", step, path, describe_errno(code)));
}

// Is there anything of that name, a link that leads nowhere included?
Result<bool> is_there(const std::string& path) {
  struct stat information {};
  if (lstat(path.c_str(), &information) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failed("look at", path, errno);
}

// None: there is no such file.
Result<std::optional<std::string>> content_of(const std::string& path) {
  struct stat information {};
  if (stat(path.c_str(), &information) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return failed("look at", path, errno);
  }
  auto text = read_small_file(path, largest_file);
  if (!text) return tl::make_unexpected(std::move(text.error()));
  return std::optional(*std::move(text));
}

// Where a link leads; the path itself where nothing is there yet.
std::string target_of(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), &free);
  return real ? std::string(real.get()) : path;
}

Result<bool> replace_if_changed(const std::string& path, const std::string& text) {
  const auto before = content_of(path);
  // What cannot be read is replaced, too: then the writing tells what is wrong.
  if (before && *before == text) return false;
  if (auto written = replace_file(target_of(path), text); !written)
    return tl::make_unexpected(std::move(written.error()));
  return true;
}

Result<void> remove_if_there(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
  return failed("remove", path, errno);
}

}  // namespace

ConfigFiles::ConfigFiles(ConfigPlaces places) : places_(std::move(places)) {
  if (places_.config_dir.empty()) places_.config_dir = places_.data_dir;
}

std::string ConfigFiles::in_config(const std::string& name) const {
  return places_.config_dir + "/" + name;
}
std::string ConfigFiles::in_data(const std::string& name) const {
  return places_.data_dir + "/" + name;
}

Result<void> ConfigFiles::adopt_base() const {
  if (places_.has_custom_conf) return {};
  const auto has_base = is_there(base_path());
  if (!has_base) return tl::make_unexpected(has_base.error());
  if (*has_base) return {};
  if (rename(main_path().c_str(), base_path().c_str()) == 0) return {};
  if (errno != ENOENT) return failed("rename", main_path(), errno);
  return fail(
      ErrorKind::invalid,
      fmt::format("neither {} nor {} is there: put the server's own configuration into one of them, or "
                  "name another file in postgresql.custom_conf",
                  base_path(), main_path()));
}

Result<bool> ConfigFiles::write_main(const std::string& text) const {
  return replace_if_changed(main_path(), text);
}
Result<bool> ConfigFiles::write_host_rules(const std::string& text) const {
  return replace_if_changed(hba_path(), text);
}
Result<bool> ConfigFiles::write_ident(const std::string& text) const {
  return replace_if_changed(ident_path(), text);
}

Result<bool> ConfigFiles::close_host_rules(const std::string& text) const {
  const std::string kept = hba_path() + open_suffix;
  const auto is_closed = is_there(kept);
  if (!is_closed) return tl::make_unexpected(is_closed.error());
  if (!*is_closed) {
    const auto before = content_of(hba_path());
    if (!before) return tl::make_unexpected(before.error());
    if (auto written = replace_file(kept, before->value_or(std::string())); !written)
      return tl::make_unexpected(std::move(written.error()));
  }
  return write_host_rules(text);
}

Result<bool> ConfigFiles::open_host_rules() const {
  const std::string kept = hba_path() + open_suffix;
  const auto before = content_of(kept);
  if (!before) return tl::make_unexpected(before.error());
  if (!*before) return false;
  auto written = write_host_rules(**before);
  if (!written) return written;
  if (auto removed = remove_if_there(kept); !removed) return tl::make_unexpected(std::move(removed.error()));
  return written;
}

Result<void> ConfigFiles::append_host_rules(const std::vector<std::string>& lines) const {
  auto before = content_of(hba_path());
  if (!before) return tl::make_unexpected(std::move(before.error()));
  std::string text = before->value_or(std::string());
  if (!text.empty() && text.back() != '\n') text += '\n';
  for (const std::string& line : lines) text += line + "\n";
  return replace_file(target_of(hba_path()), text);
}

std::vector<std::string> ConfigFiles::copied_paths() const {
  std::vector<std::string> paths{main_path(), hba_path(), ident_path()};
  if (!places_.has_custom_conf) paths.push_back(base_path());
  return paths;
}

Result<void> ConfigFiles::save_copies() const {
  for (const std::string& path : copied_paths()) {
    const auto text = content_of(path);
    if (!text) return tl::make_unexpected(text.error());
    if (!*text) continue;
    if (auto written = replace_if_changed(path + ".backup", **text); !written)
      return tl::make_unexpected(std::move(written.error()));
  }
  return {};
}

Result<void> ConfigFiles::restore_copies() const {
  for (const std::string& path : copied_paths()) {
    const auto present = content_of(path);
    if (!present) return tl::make_unexpected(present.error());
    if (*present) continue;
    auto copy = content_of(path + ".backup");
    if (!copy) return tl::make_unexpected(std::move(copy.error()));
    if (!*copy && path != ident_path()) continue;
    if (auto written = replace_file(path, copy->value_or(std::string())); !written) return written;
  }
  return {};
}

Result<void> ConfigFiles::set_signal(Signal signal) const {
  const std::string standby = in_data("standby.signal");
  const std::string recovery = in_data("recovery.signal");
  const std::string& wanted = signal == Signal::standby ? standby : recovery;
  // First what is wanted: a crash in between must not leave a standby without a signal, which would start as a
  // primary.
  if (signal != Signal::none) {
    const auto has_it = is_there(wanted);
    if (!has_it) return tl::make_unexpected(has_it.error());
    if (!*has_it) {
      if (auto written = replace_file(wanted, {}); !written) return written;
    }
  }
  for (const std::string& path : {standby, recovery}) {
    if (signal != Signal::none && path == wanted) continue;
    if (auto removed = remove_if_there(path); !removed) return removed;
  }
  return {};
}

Result<ConfigFiles::Signal> ConfigFiles::signal() const {
  const auto standby = is_there(in_data("standby.signal"));
  if (!standby) return tl::make_unexpected(standby.error());
  if (*standby) return Signal::standby;
  const auto recovery = is_there(in_data("recovery.signal"));
  if (!recovery) return tl::make_unexpected(recovery.error());
  return *recovery ? Signal::recovery : Signal::none;
}

Result<void> ConfigFiles::remove_promote_file() const {
  return remove_if_there(in_data("promote"));
}

Result<bool> ConfigFiles::strip_auto_conf() const {
  const std::string path = in_data("postgresql.auto.conf");
  const auto text = content_of(path);
  if (!text) return tl::make_unexpected(text.error());
  if (!*text) return false;
  const auto stripped = without_recovery_settings(**text);
  if (!stripped) return false;
  if (auto written = replace_file(target_of(path), *stripped); !written)
    return tl::make_unexpected(std::move(written.error()));
  return true;
}

Result<bool> write_password_file(const std::string& path, const std::string& lines) {
  struct stat information {};
  const bool is_private = stat(path.c_str(), &information) == 0 && (information.st_mode & 077) == 0;
  // libpq ignores a file that others may read.
  if (is_private) return replace_if_changed(path, lines);
  if (auto written = replace_file(target_of(path), lines); !written)
    return tl::make_unexpected(std::move(written.error()));
  return true;
}

}  // namespace tamada::agent
