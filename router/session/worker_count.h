// How many workers run unless somebody says otherwise.
#pragma once

#include <cstdint>

#include "common/process/processors.h"

namespace tamada::router {

// The one place of the default. Pure.
[[nodiscard]] std::uint32_t default_workers(const Processors& processors);

}  // namespace tamada::router
