#include "agent/control/server/timeline_files.h"

#include <memory>
#include <optional>

#include "common/files/small_file.h"

namespace tamada::agent {

void TimelineFiles::read(Timeline timeline, std::function<void(const Result<TimelineHistory>&)> then) {
  if (is_reading_) return;
  is_reading_ = true;
  const auto read = std::make_shared<std::optional<Result<TimelineHistory>>>();
  side_.run(
      [read, path = data_dir_ + "/pg_wal/" + timeline_history_name(timeline)] {
        const auto text = read_small_file(path);
        if (text) {
          read->emplace(parse_timeline_history(*text));
        } else {
          read->emplace(tl::make_unexpected(text.error()));
        }
      },
      [handle = handles_.handle(), read, then = std::move(then)] {
        TimelineFiles* self = handle.get();
        if (self == nullptr) return;
        self->is_reading_ = false;
        then(**read);
      });
}

}  // namespace tamada::agent
