#include "agent/cluster/lock_file.h"

#include <errno.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "common/files/small_file.h"
#include "common/files/state_file.h"

namespace tamada::agent {

Result<LockRecord> LockFile::read() const {
  if (access(path_.c_str(), F_OK) != 0 && errno == ENOENT) return LockRecord{};
  const auto text = read_small_file(path_, 4096);
  if (!text) return tl::make_unexpected(text.error());
  return parse_lock_record(*text);
}

void LockFile::write(const LockRecord& record, std::function<void(const Result<void>&)> done) {
  if (!is_writing_) {
    Waiting now{record, {}};
    now.done.push_back(std::move(done));
    return begin(std::move(now));
  }
  if (!next_) next_.emplace();
  next_->record = record;
  next_->done.push_back(std::move(done));
}

void LockFile::begin(Waiting waiting) {
  is_writing_ = true;
  const auto result = std::make_shared<Result<void>>();
  side_.run([result, path = path_,
             text = write_lock_record(waiting.record)] { *result = replace_file(path, text); },
            [handle = handles_.handle(), result, done = std::move(waiting.done)] {
              LockFile* self = handle.get();
              if (self == nullptr) return;
              self->is_writing_ = false;
              if (auto next = std::exchange(self->next_, std::nullopt)) self->begin(*std::move(next));
              for (const auto& tell : done) {
                if (handle.get() != nullptr) tell(*result);
              }
            });
}

}  // namespace tamada::agent
