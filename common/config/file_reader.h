// How settings are handed the files that they name: by whoever reads the configuration, so that the readers
// themselves touch no disk.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "common/base/result.h"

namespace tamada {

// The file's content, or why it cannot be read.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// A file that a setting names, as it was when the configuration was read: another content is another
// configuration.
struct NamedFile {
  std::string setting;
  std::string path;
  std::size_t digest = 0;  // of the content, within this process
  bool operator==(const NamedFile&) const = default;
};

}  // namespace tamada
