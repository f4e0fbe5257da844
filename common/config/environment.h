// The variables of a process, as a reader of settings is handed them.
#pragma once

#include <map>
#include <string>

namespace tamada {

using Environment = std::map<std::string, std::string>;

}  // namespace tamada
