// The descriptors 0, 1 and 2, which everybody takes for standard input, output and error.
#pragma once

#include "common/base/result.h"

namespace tamada {

// Opens /dev/null for each of them that is closed. Otherwise the next socket or file that is opened gets the
// number, and what is meant for the standard output goes into it. First thing in main(), before anything is
// opened. Fails where there is no /dev/null, or no descriptor to be had.
[[nodiscard]] Result<void> open_standard_descriptors();

}  // namespace tamada
