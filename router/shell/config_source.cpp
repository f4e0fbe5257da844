#include "router/shell/config_source.h"

#include <utility>

#include "router/shell/machine_checks.h"

namespace tamada::router {

ConfigSource::ConfigSource(loop::Loop& loop, loop::SideThread& side, std::string file,
                           Environment environment, Callback on_loaded)
    : side_(side),
      file_(std::move(file)),
      environment_(std::move(environment)),
      on_loaded_(std::move(on_loaded)),
      loop_(loop) {
  (void)watch({});
}

void ConfigSource::reload() {
  if (reading_) {
    again_ = true;
  } else {
    read();
  }
}

void ConfigSource::read() {
  reading_ = true;
  struct Reading {
    LoadedConfig config;
    std::set<std::string> files;
  };
  const auto reading = std::make_shared<Reading>();
  side_.run(
      [reading, file = file_, environment = environment_] {
        reading->config = read_and_check(file, environment, [&reading](const std::string& path) {
          reading->files.insert(path);
          return read_small_file(path);
        });
      },
      [this, reading] {
        reading_ = false;
        // A file may have changed between its reading and the beginning of its watch.
        const bool new_watches = watch(reading->files);
        if (std::exchange(again_, false) || new_watches) {
          read();
        } else {
          on_loaded_(reading->config);
        }
      });
}

bool ConfigSource::watch(const std::set<std::string>& files) {
  bool any_new = false;
  std::map<std::string, std::unique_ptr<loop::FileWatch>> watches;
  const auto keep = [&](const std::string& path) {
    if (path.empty() || watches.contains(path)) return;
    auto& watch = watches[path];
    watch = std::move(watches_[path]);
    if (watch != nullptr) return;
    watch = std::make_unique<loop::FileWatch>(loop_, path, [this] { reload(); });
    any_new = true;
  };
  keep(file_);
  for (const std::string& path : files) keep(path);
  watches_ = std::move(watches);
  return any_new;
}

}  // namespace tamada::router
