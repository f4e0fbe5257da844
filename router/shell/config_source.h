// ConfigSource: where the running configuration comes from. Watches the file (written in place, replaced by
// rename, reached through a symbolic link that changes), reads it on the side thread, and hands on what came
// of it: a configuration, or its errors.
//
// Without a file (the environment alone) there is nothing to watch; reload() reads the same again.
// Loop thread only; all references must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
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

  loop::SideThread& side_;
  const std::string file_;
  const Environment environment_;
  Callback on_loaded_;
  bool reading_ = false;
  bool again_ = false;
  std::optional<loop::FileWatch> watch_;
};

}  // namespace tamada::router
