#include "router/serve/stats_thread.h"

#include <pthread.h>

#include <csignal>
#include <future>

namespace tamada::router {

StatsThread::StatsThread() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

StatsThread::~StatsThread() {
  loop_.post([this] { loop_.stop(); });
  thread_.join();
}

void StatsThread::run() {
  pthread_setname_np(pthread_self(), "statistics");
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
