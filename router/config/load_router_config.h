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
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "router/config/config_error.h"
#include "router/config/router_config.h"

namespace tamada::router {

using Environment = std::map<std::string, std::string>;
using LoadedConfig = tl::expected<RouterConfig, std::vector<ConfigError>>;

// How the loader reads the files that settings name (certificates, password files): the content, or why not.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// Pure but for `read_file`. `file_name` is only for the errors; empty text with TAMADA_NODES in the
// environment is enough. Variables that do not begin with TAMADA_ are not looked at.
LoadedConfig load_router_config(std::string_view text, std::string_view file_name,
                                const Environment& environment, const FileReader& read_file);

// Reads the file and loads it; an empty `path` means: the environment alone. Blocks on the disk: not for a
// loop that serves clients, but a configuration is small and local.
LoadedConfig read_router_config(const std::string& path, const Environment& environment);

// The regular file's content, at most `limit` bytes: a directory, a device or a larger file is an error.
Result<std::string> read_small_file(const std::string& path, std::size_t limit = 1 << 20);

// The process's variables whose names begin with TAMADA_.
Environment tamada_environment();

// The whole configuration as it is in force, as YAML that loads again, every setting named; secrets are
// shown as "***". For `-c` and for a person who asks what is in force.
std::string describe(const RouterConfig& config);

}  // namespace tamada::router
