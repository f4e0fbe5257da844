#include "agent/server/actions/data_work.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <utility>

#include "agent/postgres/formats/password_file.h"
#include "agent/postgres/formats/postmaster_pid.h"
#include "agent/server/actions/action_tools.h"
#include "common/files/small_file.h"
#include "common/patroni/dynamic/python_value.h"

namespace tamada::agent {

namespace {

// Does the process work in this folder, as every process of a server does? Where it is looked at without success it is
// another user's, and no server that this account could have started.
bool works_in(pid_t pid, const std::string& folder) {
  std::error_code code;
  const auto there = std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", pid), code);
  return !code && there == std::filesystem::canonical(folder, code);
}

std::string text_under(const ConfigValue& section, const std::string& name) {
  if (!section.is_object()) return {};
  const auto found = section.find(name);
  return found == section.end() ? std::string() : setting_text(*found);
}

}  // namespace

DataWork::DataWork(const ActionWork& given)
    : work(given),
      setup(*given.context.setup),
      directory(setup.config.postgres.data_dir),
      files(config_places(setup)),
      tools(given.changing, given.looking, tool_place(setup)) {}

std::vector<std::string> DataWork::words_of(Tool tool, const std::vector<ProgramOption>& options) const {
  std::vector<ToolOption> given;
  given.reserve(options.size());
  for (const ProgramOption& option : options) given.push_back({option.name, option.value});
  ToolOptionWords words = tool_option_words(tool, given, setup.major());
  for (const std::string& sentence : words.refused) warn(sentence);
  return std::move(words.words);
}

ConfigFiles DataWork::files_in(const std::string& folder) const {
  ConfigPlaces places = config_places(setup);
  const bool is_inside =
      places.config_dir.empty() || normalised_path(places.config_dir) == normalised_path(places.data_dir);
  if (is_inside) places.config_dir = folder;
  places.data_dir = folder;
  return ConfigFiles(places);
}

ha::ActionResult ended(const ActionWork& work, const Result<void>& result) {
  ha::ActionResult told = action_result(result, work.stop);
  // Whatever a step fell over then: it was on its way out.
  if (!result && work.stop.stop_requested()) told.outcome = ha::ActionResult::Outcome::cancelled;
  return told;
}

ActionWork without_stop(const ActionWork& work) {
  ActionWork copy = work;
  copy.stop = {};
  return copy;
}

Result<void> nothing_runs(const ActionWork& work) {
  const std::string& folder = work.context.setup->config.postgres.data_dir;
  const auto status = work.guard.status();
  if (status && status->process.kind == guard::ProcessKind::postmaster)
    return fail(ErrorKind::denied, fmt::format("a server runs in {}", folder));
  const auto text = read_small_file(folder + "/postmaster.pid");
  if (!text) return {};
  const PostmasterPid file = parse_postmaster_pid(*text);
  if (file.pid && works_in(*file.pid, folder))
    return fail(ErrorKind::denied, fmt::format("process {} works in {}", *file.pid, folder));
  return {};
}

Result<RemovePermission> permission_of(const ActionWork& work) {
  if (!work.action.may_replace_data)
    return fail(ErrorKind::denied, fmt::format("there is data in {}, and nobody allowed to replace it",
                                               work.context.setup->config.postgres.data_dir));
  return RemovePermission(work.context.is_asked_for ? RemovePermission::Why::asked_for
                                                    : RemovePermission::Why::configured);
}

Result<ToolPasswords> ToolPasswords::write(const ServerSetup& setup,
                                           const std::vector<postgres::Conninfo>& logins) {
  std::string lines;
  for (const postgres::Conninfo& login : logins) {
    auto more = password_file_lines(login);
    if (!more) return tl::make_unexpected(std::move(more.error()));
    lines += *more;
  }
  if (lines.empty()) return ToolPasswords(std::string());
  // Of this node alone: several on one machine may have the same file.
  std::string name = setup.config.name;
  std::replace(name.begin(), name.end(), '/', '_');
  ToolPasswords file(password_file_path(setup) + "." + name + ".tools");
  if (auto written = write_password_file(file.path_, lines); !written)
    return tl::make_unexpected(std::move(written.error()));
  return file;
}

ToolPasswords::~ToolPasswords() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

ToolPasswords::ToolPasswords(ToolPasswords&& other) noexcept
    : path_(std::exchange(other.path_, std::string())) {}

std::string tool_conninfo(const postgres::Conninfo& login, const ConninfoFields& more) {
  constexpr std::array<const char*, 7> own{"password",   "passfile",        "application_name",
                                           "options",    "connect_timeout", "fallback_application_name",
                                           "replication"};
  ConninfoFields fields = login;
  for (const char* name : own) fields.erase(name);
  for (const auto& [name, value] : more) fields[name] = value;
  return format_conninfo(fields);
}

std::string setting_text(const ConfigValue& value) {
  return value.is_null() ? std::string() : patroni::python_text(value);
}

std::string configured_setting(const ServerSetup& setup, const std::string& name) {
  if (auto text = text_under(setup.postgres.recovery_conf, name); !text.empty()) return text;
  const auto parameters =
      node_parameters(setup.config.postgres, setup.config.scope, setup.dynamic, setup.server_version);
  const auto found = parameters.all.find(name);
  return found == parameters.all.end() ? std::string() : found->second;
}

bool wait_for(Duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  return !changed.wait_for(lock, stop, time, [&stop] { return stop.stop_requested(); }) &&
         !stop.stop_requested();
}

}  // namespace tamada::agent
