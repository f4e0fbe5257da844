// Where a configuration is written: a file, or a directory of files that count together.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/config_error.h"
#include "common/config/file_reader.h"
#include "common/config/yaml_tree.h"

namespace tamada {

constexpr std::size_t max_config_files = 100;

// The files that `path` stands for: itself, or of a directory what ends in .yml or .yaml, in the order of the
// names, as `patroni DIR` takes them. Not what begins with a dot (Kubernetes' `..data`, an editor's copy),
// and no further directories. Errors: it is not there, cannot be listed, holds none or more than
// `max_config_files`. Blocks on the disk.
Result<std::vector<std::string>> config_files(const std::string& path);

// Several files read as one document. Whoever finds something wrong with it names the place by `files`.
struct ReadConfig {
  YamlDocument document;
  std::vector<std::string> files;  // by YamlPlace::file; at least one, if only `path` itself
};

// Reads them by `read_file`, which is asked for every one, and merges them (yaml_merge.h). What cannot be
// read or is no YAML goes to `errors`, and the document is not whole then. Blocks.
ReadConfig read_config_files(const std::string& path, const FileReader& read_file, const YamlOptions& options,
                             std::vector<ConfigError>& errors);

}  // namespace tamada
