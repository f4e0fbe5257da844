// Reads small files that people write: configuration, passwords, certificates.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace tamada {

// The regular file's content, at most `limit` bytes: a directory, a device or a larger file is an error.
// Blocks on the disk.
Result<std::string> read_small_file(const std::string& path, std::size_t limit = 1 << 20);

// The password in such a file: its text without the line end. Empty is an error.
Result<std::string> password_in(std::string_view content, const std::string& path);
// Reads it. Blocks.
Result<std::string> read_password_file(const std::string& path);

}  // namespace tamada
