#include "agent/guard/client/guard_place.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "agent/guard/protocol/file_names.h"

namespace tamada::guard {

namespace {

constexpr const char* program_name = "tamada-guard";

namespace fs = std::filesystem;

Result<std::string> find_program() {
  std::error_code code;
  const fs::path self = fs::read_symlink("/proc/self/exe", code);
  if (code) {
    return fail(ErrorKind::system,
                fmt::format("cannot find {}: /proc/self/exe tells no path: {}; mount /proc", program_name,
                            code.message()));
  }
  const std::string beside = (self.parent_path() / program_name).string();
  const std::string installed = (self.parent_path() / "../libexec/tamada" / program_name).string();
  for (const std::string& place : {beside, installed}) {
    if (::access(place.c_str(), X_OK) == 0) return place;
  }
  return fail(ErrorKind::system,
              fmt::format("{}, which runs PostgreSQL, is neither {} nor {}; install it again", program_name,
                          beside, installed));
}

}  // namespace

std::string GuardPlace::socket_path() const {
  return fmt::format("{}/{}", state_directory, socket_file_name(data_directory, node).data());
}

Result<std::string> resolve_data_directory(const std::string& path) {
  std::error_code code;
  const fs::path whole = fs::canonical(path, code);
  if (!code) return whole.string();
  fs::path plain = fs::absolute(path).lexically_normal();
  if (!plain.has_filename()) plain = plain.parent_path();
  const fs::path folder = fs::canonical(plain.parent_path(), code);
  if (!code) return (folder / plain.filename()).string();
  return fail(ErrorKind::invalid,
              fmt::format("the data directory {} is not there, and its folder {} cannot be used: {}", path,
                          plain.parent_path().string(), code.message()));
}

Result<GuardPlace> GuardPlace::find(const std::string& data_directory, const std::string& node,
                                    const std::string& state_directory) {
  const auto data = resolve_data_directory(data_directory);
  if (!data) return tl::make_unexpected(data.error());
  std::error_code code;
  const fs::path state = fs::canonical(state_directory, code);
  if (code) {
    return fail(ErrorKind::invalid, fmt::format("the folder for the guard's socket and lock, {}: {}; make it",
                                                state_directory, code.message()));
  }
  if ((state.string() + "/").starts_with(*data + "/")) {
    return fail(
        ErrorKind::invalid,
        fmt::format(
            "the folder for the guard's socket and lock, {}, lies within the data directory {}, whose "
            "contents a base backup copies; choose one outside of it",
            state.string(), *data));
  }
  const auto program = find_program();
  if (!program) return tl::make_unexpected(program.error());
  return GuardPlace{*data, node, state.string(), {*program}};
}

}  // namespace tamada::guard
