// ConfigSource: where the running configuration comes from. Watches its file or directory, and each file that
// its settings name (written in place, replaced by rename, reached through a symbolic link that changes),
// reads all of them on the side thread whenever one changes, and hands on what came of it: a `Loaded`, which
// holds a configuration or its errors.
//
// Files that could not be read the last time are watched, too: they may come. Without a path (the environment
// alone) those that the environment names are watched once reload() was called. A file that comes into a
// watched directory is found within seconds (FileWatch::Options::recheck) where nothing else changed. Loop
// thread only; all references must outlive it. No callback comes after its destruction, which may
// happen in the callback.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/config/file_reader.h"
#include "common/config/source/watched_files.h"
#include "common/files/small_file.h"
#include "common/loop/lifetime.h"
#include "common/loop/loop.h"
#include "common/loop/side_thread.h"

namespace tamada {

template <class Loaded>
class ConfigSource {
 public:
  // Makes the configuration; runs on the side thread, and must own what it touches. What it reads with
  // `read_file` is watched from then on.
  using Read = std::function<Loaded(const FileReader& read_file)>;
  using Callback = std::function<void(const Loaded& loaded)>;

  // `path`: of the file or directory, watched from the beginning; empty: none.
  ConfigSource(loop::Loop& loop, loop::SideThread& side, std::string path, Read read, Callback on_loaded)
      : side_(side),
        path_(std::move(path)),
        read_(std::move(read)),
        on_loaded_(std::move(on_loaded)),
        watched_(loop, [this] { reload(); }) {
    watched_.watch({path_});
  }
  ConfigSource(const ConfigSource&) = delete;
  ConfigSource& operator=(const ConfigSource&) = delete;

  // Reads now. While a reading is on its way, one more follows it: what is told last is never older than the
  // last call.
  void reload() {
    if (reading_) {
      again_ = true;
    } else {
      start_reading();
    }
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Reading {
    std::optional<Loaded> loaded;
    std::set<std::string> files;
  };

  void start_reading() {
    reading_ = true;
    const auto reading = std::make_shared<Reading>();
    side_.run(
        [reading, read = read_] {
          reading->loaded.emplace(read([&reading](const std::string& file) {
            reading->files.insert(file);
            return read_small_file(file);
          }));
        },
        [handle = handles_.handle(), reading] {
          if (ConfigSource* source = handle.get()) source->have_read(*reading);
        });
  }

  void have_read(Reading& reading) {
    reading_ = false;
    reading.files.insert(path_);
    const bool new_watches = watched_.watch(reading.files);
    if (std::exchange(again_, false) || new_watches) return start_reading();
    // It may destroy this object: last statement, on a copy.
    const Callback tell = on_loaded_;
    tell(*reading.loaded);
  }

  loop::SideThread& side_;
  const std::string path_;
  const Read read_;
  const Callback on_loaded_;
  bool reading_ = false;
  bool again_ = false;
  WatchedFiles watched_;
  const loop::WeakHandles<ConfigSource> handles_{*this};
};

}  // namespace tamada
