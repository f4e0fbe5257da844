#include "common/config/source/config_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/config/yaml_merge.h"

namespace tamada {

namespace {

tl::unexpected<Error> cannot_list(const std::string& path, const std::error_code& why) {
  return fail(ErrorKind::system, fmt::format("cannot read {}: {}", path, why.message()));
}

bool is_config_name(const std::string& name) {
  return !name.starts_with('.') && (name.ends_with(".yml") || name.ends_with(".yaml"));
}

}  // namespace

Result<std::vector<std::string>> config_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    // What is no directory is for the reader of files, who has the better words for what is wrong with it.
    return std::vector<std::string>{path};
  }
  std::vector<std::string> files;
  fs::directory_iterator entry(path, error);
  if (error) return cannot_list(path, error);
  for (const fs::directory_iterator end; entry != end; entry.increment(error)) {
    std::error_code ignored;  // a dangling link is not left out: its reader tells of it
    if (is_config_name(entry->path().filename().string()) && !entry->is_directory(ignored)) {
      files.push_back(entry->path().string());
    }
    if (files.size() > max_config_files) {
      return fail(ErrorKind::too_large,
                  fmt::format("{} holds more than {} files; expected a directory for the configuration alone",
                              path, max_config_files));
    }
  }
  if (error) return cannot_list(path, error);
  if (files.empty()) {
    return fail(ErrorKind::invalid, fmt::format("{} holds no *.yml or *.yaml; expected at least one", path));
  }
  std::sort(files.begin(), files.end());
  return files;
}

ReadConfig read_config_files(const std::string& path, const FileReader& read_file, const YamlOptions& options,
                             std::vector<ConfigError>& errors) {
  ReadConfig config;
  std::vector<YamlDocument> documents;
  auto files = config_files(path);
  if (!files) {
    errors.push_back({path, 0, 0, "", files.error().message});
    config.files = {path};
    config.document.whole = false;
    return config;
  }
  std::size_t total = 0;
  for (const std::string& file : *files) {
    YamlDocument& document = documents.emplace_back();
    const auto text = read_file(file);
    if (!text) {
      errors.push_back({file, 0, 0, "", text.error().message});
      document.whole = false;
      continue;
    }
    total += text->size();
    if (total > max_yaml_bytes) {
      errors.push_back({file, 0, 0, "",
                        fmt::format("{} bytes with the files before it; a configuration has at most {}",
                                    total, max_yaml_bytes)});
      document.whole = false;
      break;
    }
    document = parse_yaml(*text, file, errors, options);
  }
  config.files = *std::move(files);
  config.document = merge_documents(std::move(documents));
  return config;
}

}  // namespace tamada
