#include "agent/server/watch/disk_watch.h"

#include <fmt/format.h>

#include <utility>

#include "agent/postgres/formats/program_call.h"
#include "agent/server/watch/disk_look.h"
#include "common/loop/clock.h"
#include "common/process/spawn.h"

namespace tamada::agent {

DiskWatch::DiskWatch(loop::Loop& loop, const ExecHelper& helper)
    : loop_(loop), helper_(helper), limit_(loop, [this] {
        known_ = DiskSighting();
        known_->problem = fmt::format("{} was not read within {} s", data_dir_, to_ms(patience) / 1000);
        tell();
      }) {}

void DiskWatch::changed() {
  is_changed_ = true;
  ++generation_;
}

void DiskWatch::server_runs() {
  known_ = DiskSighting();
  known_->data = ha::DataState::present;
  changed();
}

bool DiskWatch::is_due() const {
  return is_changed_ || !known_ || loop::boot_now() - read_at_ >= read_every;
}

void DiskWatch::read(const std::string& data_dir, const std::string& bin_dir, std::function<void()> then) {
  if (data_dir != data_dir_ || bin_dir != bin_dir_) changed();
  data_dir_ = data_dir;
  bin_dir_ = bin_dir;
  then_ = std::move(then);
  limit_.start(patience);
  if (!task_ || !task_->is_running()) start();
}

void DiskWatch::stop_waiting() {
  then_ = nullptr;
  limit_.stop();
}

void DiskWatch::start() {
  const ToolPlace place{bin_dir_, tool_environment(environment_of(environment_now()))};
  task_ = std::make_unique<loop::BlockingTask>(
      loop_, "data-directory",
      [&helper = helper_, place, data_dir = data_dir_](const std::stop_token& stop) {
        return look_at_disk(helper, place, data_dir, stop);
      },
      [this, generation = generation_](Result<DiskSighting> seen) {
        if (generation != generation_) {
          if (then_) start();
          return;
        }
        known_ = seen ? std::move(*seen) : DiskSighting();
        if (!seen) known_->problem = seen.error().message;
        read_at_ = loop::boot_now();
        is_changed_ = false;
        if (then_) tell();
      },
      0s);
}

void DiskWatch::tell() {
  limit_.stop();
  if (const auto then = std::exchange(then_, nullptr)) then();
}

}  // namespace tamada::agent
