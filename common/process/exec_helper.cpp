#include "common/process/exec_helper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "common/base/errno_text.h"
#include "common/process/exec_report.h"

namespace tamada {

namespace {
constexpr const char* file_name = "tamada-exec";
}  // namespace

Result<ExecHelper> ExecHelper::open(const std::string& path) {
  const auto refuse = [&path](int code) {
    return fail(ErrorKind::system, fmt::format("cannot use {}, through which programs are started: {}", path,
                                               describe_errno(code)));
  };
  if (::access(path.c_str(), X_OK) != 0) return refuse(errno);
  const UniqueFd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file.is_open()) return refuse(errno);
  UniqueFd above(::fcntl(file.get(), F_DUPFD_CLOEXEC, report_descriptor + 1));
  if (!above.is_open()) return refuse(errno);
  return ExecHelper(path, std::move(above));
}

Result<ExecHelper> ExecHelper::find() {
  std::array<char, PATH_MAX> text{};
  const ssize_t length = ::readlink("/proc/self/exe", text.data(), text.size());
  if (length <= 0) {
    return fail(ErrorKind::system,
                fmt::format("cannot find {}: /proc/self/exe tells no path: {}; mount /proc", file_name,
                            describe_errno(errno)));
  }
  // A program that was replaced meanwhile is shown as "PATH (deleted)": its folder is the same.
  return find_for(std::string(text.data(), static_cast<std::size_t>(length)));
}

Result<ExecHelper> ExecHelper::find_for(const std::string& program) {
  const std::string folder = program.substr(0, program.rfind('/'));
  const std::string beside = fmt::format("{}/{}", folder, file_name);
  const std::string installed = fmt::format("{}/../libexec/tamada/{}", folder, file_name);
  for (const std::string& place : {beside, installed}) {
    if (::access(place.c_str(), F_OK) == 0) return open(place);
  }
  return fail(ErrorKind::system,
              fmt::format("{}, through which programs are started, is neither {} nor {}; install it again",
                          file_name, beside, installed));
}

std::string ExecHelper::program() const {
  return fmt::format("/proc/self/fd/{}", file_.get());
}

}  // namespace tamada
