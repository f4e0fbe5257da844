#include "router/serve/stats_thread.h"

#include <future>

#include "common/loop/start_thread.h"

namespace tamada::router {

StatsThread::StatsThread() {
  thread_ = loop::start_thread("statistics", [this] { run(); });
}

StatsThread::~StatsThread() {
  loop_.post([this] { loop_.stop(); });
  thread_.join();
}

void StatsThread::run() {
  loop_.run();
  // What was closed in the last turn says its good-byes.
  loop_.run_once(loop::Loop::Wait::no);
}

void StatsThread::call(const std::function<void()>& task) {
  std::promise<void> done;
  loop_.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace tamada::router
