// From router.yaml and TAMADA_* variables to a RouterConfig, or to every error in them at once.
//
// The environment wins over the file; an empty variable counts as not set. What may be set is the table in
// settings.h, and nothing else: an unknown setting or TAMADA_* variable is an error, and so is a setting that
// contradicts another. Secrets never stand in an error's text.
//
// Whatever the text holds (nothing, binary, megabytes, deep nesting, aliases), the answer is a value: no
// exception leaves, and nothing is followed, expanded or allocated without a bound.
#pragma once

#include <tl/expected.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config_error.h"
#include "common/config/environment.h"
#include "common/config/file_reader.h"
#include "router/config/router_config.h"

namespace tamada::router {

using LoadedConfig = tl::expected<RouterConfig, std::vector<ConfigError>>;

// Something that this machine does not give: `path` is the setting, or the section, that asks for it.
struct MachineFinding {
  std::string path;
  std::string message;
  bool operator==(const MachineFinding&) const = default;
};
// What a configuration asks of the machine beyond files that can be read (router/control/machine_checks.h).
using MachineCheck = std::function<std::vector<MachineFinding>(const RouterConfig&)>;

struct Machine {
  FileReader read_file;     // of the files that settings name: certificates, password files
  MachineCheck check = {};  // none: nothing further is asked
};

// Pure but for `machine`, whose findings are told among the other errors. `file_name` is only for the errors;
// empty text with TAMADA_NODES in the environment is enough. Variables that do not begin with TAMADA_ are not
// looked at.
LoadedConfig load_router_config(std::string_view text, std::string_view file_name,
                                const Environment& environment, const Machine& machine);

// Reads the file and loads it; an empty `path` means: the environment alone. Blocks on the disk: not for a
// loop that serves clients, but a configuration is small and local.
LoadedConfig read_router_config(const std::string& path, const Environment& environment,
                                const Machine& machine);
LoadedConfig read_router_config(const std::string& path, const Environment& environment);  // files only

// The process's variables whose names begin with TAMADA_.
Environment tamada_environment();

// What the configuration holds and the router does not do, one sentence each: words of a haproxy.cfg without
// effect here. For `-c` and for the log.
std::vector<std::string> notes_on(const RouterConfig& config);

// The whole configuration as it is in force, as YAML that loads again, every setting named; secrets are
// shown as "***". For `-c` and for a person who asks what is in force.
std::string describe(const RouterConfig& config);

}  // namespace tamada::router
