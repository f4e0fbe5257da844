#include "common/process/process_stat.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <vector>

#include "common/base/unique_fd.h"

namespace tamada {

namespace {

// Fields behind the name, by proc(5)'s numbers.
constexpr std::size_t first_field = 3;
constexpr std::size_t field_parent = 4;
constexpr std::size_t field_group = 5;
constexpr std::size_t field_threads = 20;
constexpr std::size_t field_start_time = 22;

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, number);
  return code == std::errc() && at == end && !text.empty();
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return std::nullopt;
  }
  ProcessStat stat;
  if (!read_number(text.substr(0, open), stat.pid)) return std::nullopt;
  stat.name = text.substr(open + 2, close - open - 2);

  std::vector<std::string_view> fields;
  std::string_view rest = text.substr(close + 1);
  while (fields.size() <= field_start_time - first_field) {
    const std::size_t begin = rest.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
    fields.push_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (fields[0].size() != 1) return std::nullopt;
  stat.state = fields[0][0];
  const bool good = read_number(fields[field_parent - first_field], stat.parent) &&
                    read_number(fields[field_group - first_field], stat.group) &&
                    read_number(fields[field_threads - first_field], stat.threads) &&
                    read_number(fields[field_start_time - first_field], stat.start_time);
  if (!good) return std::nullopt;
  return stat;
}

tl::expected<ProcessStat, int> read_process_stat(pid_t pid, const std::string& proc) {
  const std::string path = proc + "/" + std::to_string(pid) + "/stat";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return tl::make_unexpected(errno);
  std::array<char, 4096> text{};  // a quarter of that is the longest there can be
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + length, text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::make_unexpected(errno);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  auto stat = parse_process_stat({text.data(), length});
  if (!stat || stat->pid != pid) return tl::make_unexpected(EBADMSG);
  return *std::move(stat);
}

std::optional<bool> group_has_others(pid_t leader, const std::string& proc) {
  const auto close = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> folder(::opendir(proc.c_str()), close);
  if (folder == nullptr) return std::nullopt;
  bool seen_any = false;
  while (const dirent* entry = ::readdir(folder.get())) {
    pid_t pid = 0;
    if (!read_number(std::string_view(entry->d_name), pid)) continue;
    const auto stat = read_process_stat(pid, proc);
    if (!stat) continue;  // it has ended meanwhile, or may not be seen
    seen_any = true;
    if (stat->group == leader && pid != leader && !stat->has_ended()) return true;
  }
  // Whoever looks is there as well, where processes can be seen.
  if (!seen_any) return std::nullopt;
  return false;
}

}  // namespace tamada
