#include "router/shell/config_source.h"

#include <utility>

namespace tamada::router {

ConfigSource::ConfigSource(loop::Loop& loop, loop::SideThread& side, std::string file,
                           Environment environment, Callback on_loaded)
    : side_(side),
      file_(std::move(file)),
      environment_(std::move(environment)),
      on_loaded_(std::move(on_loaded)) {
  if (!file_.empty()) watch_.emplace(loop, file_, [this] { reload(); });
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
  const auto loaded = std::make_shared<LoadedConfig>();
  side_.run(
      [loaded, file = file_, environment = environment_] { *loaded = read_router_config(file, environment); },
      [this, loaded] {
        reading_ = false;
        if (std::exchange(again_, false)) {
          read();
        } else {
          on_loaded_(*loaded);
        }
      });
}

}  // namespace tamada::router
