#include "agent/server/actions/clone_tablespaces.h"

#include <fmt/format.h>

#include <filesystem>

#include "agent/postgres/blocking_session.h"
#include "common/base/errno_text.h"

namespace tamada::agent {

namespace {

namespace fs = std::filesystem;

constexpr Duration connect_limit = 5s;
constexpr Duration statement_limit = 10s;

bool is_missing_or_empty(const std::string& folder) {
  std::error_code code;
  if (!fs::exists(folder, code)) return !code;
  return fs::is_directory(folder, code) && fs::is_empty(folder, code) && !code;
}

}  // namespace

std::string mapped_tablespace(const std::string& folder, const std::vector<ProgramOption>& options) {
  for (const ProgramOption& option : options) {
    if (option.name != "tablespace-mapping" || !option.value) continue;
    std::string from;
    std::string to;
    bool is_behind = false;
    for (std::size_t i = 0; i < option.value->size(); ++i) {
      const char c = (*option.value)[i];
      const bool is_escaped = c == '\\' && option.value->substr(i, 2) == "\\=";
      if (is_escaped) ++i;
      if (c == '=' && !is_behind) {
        is_behind = true;
        continue;
      }
      (is_behind ? to : from) += is_escaped ? '=' : c;
    }
    if (is_behind && normalised_path(from) == normalised_path(folder)) return to;
  }
  return folder;
}

std::vector<std::string> empty_tablespaces(const DataWork& data, const Upstream& source) {
  BlockingSession session(member_conninfo(data.setup, source, LoginAs::rewind), connect_limit);
  const auto set = first_set_of(session.ask({"SELECT pg_catalog.pg_tablespace_location(oid)"
                                             " FROM pg_catalog.pg_tablespace"
                                             " WHERE pg_catalog.pg_tablespace_location(oid) LIKE '/%'"},
                                            statement_limit, data.work.stop));
  std::vector<std::string> folders;
  if (!set) return folders;
  for (const auto& row : set->rows) {
    if (row.empty() || !row[0]) continue;
    std::string folder = mapped_tablespace(*row[0], data.setup.postgres.basebackup);
    if (is_missing_or_empty(folder)) folders.push_back(std::move(folder));
  }
  return folders;
}

void empty_again(const DataWork& data, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    std::error_code code;
    for (fs::directory_iterator entry(folder, code); !code && entry != fs::directory_iterator();
         entry.increment(code)) {
      if (!entry->path().filename().string().starts_with("PG_")) continue;
      fs::remove_all(entry->path(), code);
      if (code) data.warn(fmt::format("remove {}: {}", entry->path().string(), describe_errno(code.value())));
    }
  }
}

}  // namespace tamada::agent
