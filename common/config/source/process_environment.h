// The variables of this process.
#pragma once

#include <string_view>

#include "common/config/environment.h"

namespace tamada {

// Those whose names begin with `prefix` ("TAMADA_", "PATRONI_"). Of two with one name the first counts. Reads
// memory that setenv() may change: call it before other threads do that.
Environment process_environment(std::string_view prefix);

}  // namespace tamada
