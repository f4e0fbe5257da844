#include "common/files/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "common/base/unique_fd.h"
#include "common/files/small_file.h"

namespace tamada {
namespace {

tl::unexpected<Error> failed(const char* step, const std::string& path) {
  return fail(ErrorKind::system, std::string(step) + " " + path + ": " + std::strerror(errno));
}

Result<void> write_all(int fd, const std::string& text, const std::string& path) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("write", path);
    done += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace

Result<void> replace_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  {
    const UniqueFd file(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return failed("open", beside);
    if (auto written = write_all(file.get(), text, beside); !written) return written;
    if (fsync(file.get()) != 0) return failed("fsync", beside);
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return failed("rename to", path);
  const UniqueFd directory(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return failed("open", folder);
  // Some file systems cannot fsync a folder; the rename has happened all the same.
  if (fsync(directory.get()) != 0 && errno != EINVAL) return failed("fsync", folder);
  return {};
}

StateFile::StateFile(loop::SideThread& side, const char* name, std::function<Text()> state,
                     OnUnwritten on_unwritten)
    : side_(side), name_(name), state_(std::move(state)), on_unwritten_(std::move(on_unwritten)) {}

Result<std::optional<std::string>> StateFile::use_folder(const std::string& folder) {
  const std::string path = folder.empty() ? std::string() : folder + "/" + name_;
  const bool first = !std::exchange(loaded_, true);
  if (path == path_) return std::nullopt;
  path_ = path;
  unwritten_.reset();  // it was about another file
  if (path_.empty()) return std::nullopt;
  if (!first) {
    save();
    return std::nullopt;
  }
  struct stat information {};
  if (stat(path_.c_str(), &information) != 0 && errno == ENOENT) return std::nullopt;  // nothing yet
  auto text = read_small_file(path_, limit);
  if (!text) return tl::make_unexpected(text.error());
  return *std::move(text);
}

void StateFile::hold(Held held) {
  on_held_ = std::move(held);
  if (saving_) return;
  if (unwritten_) return write();
  held_ = true;
  std::exchange(on_held_, nullptr)(std::nullopt);
}

void StateFile::release() {
  on_held_ = nullptr;
  held_ = false;
  if (std::exchange(changed_while_held_, false)) save();
}

void StateFile::retry() {
  if (unwritten_ && !saving_ && !held_) write();
}

void StateFile::save() {
  if (path_.empty()) return;
  if (held_) {
    changed_while_held_ = true;
  } else if (saving_) {
    changed_while_saving_ = true;
  } else {
    write();
  }
}

void StateFile::write() {
  saving_ = true;
  const auto result = std::make_shared<Result<void>>();
  side_.run([path = path_, text = state_(), result] { *result = replace_file(path, text()); },
            [this, result] { written(*result); });
}

void StateFile::written(const Result<void>& result) {
  saving_ = false;
  const bool was_unwritten = unwritten_.has_value();
  unwritten_ = result || path_.empty() ? std::nullopt : std::optional(result.error());
  if (was_unwritten != unwritten_.has_value()) on_unwritten_(unwritten_);
  if (std::exchange(changed_while_saving_, false) && !path_.empty()) return write();
  if (!on_held_) return;
  held_ = true;
  std::exchange(on_held_, nullptr)(unwritten_);
}

}  // namespace tamada
