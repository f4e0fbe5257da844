// The parts of load_router_config.h that touch the machine: files and the process's environment.
#include "common/config/source/process_environment.h"
#include "common/files/small_file.h"
#include "router/config/load_router_config.h"

namespace tamada::router {

LoadedConfig read_router_config(const std::string& path, const Environment& environment,
                                const Machine& machine) {
  if (path.empty()) return load_router_config("", "environment", environment, machine);
  auto text = read_small_file(path);
  if (!text) return tl::make_unexpected(std::vector<ConfigError>{{path, 0, 0, "", text.error().message}});
  return load_router_config(*text, path, environment, machine);
}

LoadedConfig read_router_config(const std::string& path, const Environment& environment) {
  return read_router_config(path, environment,
                            {[](const std::string& file) { return read_small_file(file); }});
}

Environment tamada_environment() {
  return process_environment("TAMADA_");
}

}  // namespace tamada::router
