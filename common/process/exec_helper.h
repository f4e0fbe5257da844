// ExecHelper: where tamada-exec is, through which every child process is started (helper/main.cpp says why).
//
// Found once, when the program starts, and held open: so an installation that is incomplete is an error at
// the start and not in the middle of a fail-over, and an upgrade that replaces or removes the file changes
// nothing for who runs already. Any thread; must outlive those who start with it.
#pragma once

#include <string>
#include <utility>

#include "common/base/result.h"
#include "common/base/unique_fd.h"

namespace tamada {

class ExecHelper {
 public:
  // Beside the program that runs (a build tree), or in ../libexec/tamada of its folder (an installation).
  // The error names both places, or what is wrong with /proc.
  [[nodiscard]] static Result<ExecHelper> find();
  // The same for another program's path.
  [[nodiscard]] static Result<ExecHelper> find_for(const std::string& program);
  [[nodiscard]] static Result<ExecHelper> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  // What to execute, for this process and for a child of it that has its descriptors.
  [[nodiscard]] std::string program() const;

 private:
  ExecHelper(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  UniqueFd file_;  // above what a child's descriptors are put to
};

}  // namespace tamada
