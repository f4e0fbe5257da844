// Base64 (RFC 4648, section 4: the standard alphabet, with padding), as etcd's gateway and HTTP Basic use it.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace tamada {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

// Strict: a foreign letter, a wrong length or bits set behind the end make it an error.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);

}  // namespace tamada
