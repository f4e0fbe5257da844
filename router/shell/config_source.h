// ConfigSource: where the running configuration comes from. Watches the file, and each file that its settings
// name (written in place, replaced by rename, reached through a symbolic link that changes), reads all of
// them on the side thread whenever one changes, and hands on what came of it: a configuration, or its errors.
//
// Files that could not be read the last time are watched, too: they may come. Without a file (the environment
// alone) those that the environment names are watched once reload() was called.
// Loop thread only; all references must outlive it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/loop/file_watch.h"
#include "common/loop/loop.h"
#include "common/loop/side_thread.h"
#include "router/config/load_router_config.h"

namespace tamada::router {

class ConfigSource {
 public:
  using Callback = std::function<void(const LoadedConfig& loaded)>;

  ConfigSource(loop::Loop& loop, loop::SideThread& side, std::string file, Environment environment,
               Callback on_loaded);
  ConfigSource(const ConfigSource&) = delete;
  ConfigSource& operator=(const ConfigSource&) = delete;

  // Reads now. While a reading is on its way, one more follows it: what is told last is never older than the
  // last call.
  void reload();

  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  void read();
  // Is there a file that was not watched before?
  [[nodiscard]] bool watch(const std::set<std::string>& files);

  loop::SideThread& side_;
  const std::string file_;
  const Environment environment_;
  Callback on_loaded_;
  bool reading_ = false;
  bool again_ = false;
  loop::Loop& loop_;
  std::map<std::string, std::unique_ptr<loop::FileWatch>> watches_;  // by path, the file itself included
};

}  // namespace tamada::router
