// ReadyNotifier: tells systemd that the router is ready, is stopping, and lives (Type=notify, WatchdogSec=).
//
// Without NOTIFY_SOCKET in the environment it does nothing and loads nothing: libsystemd is opened when it is
// needed, and a system without it loses the notification only. Control loop's thread.
#pragma once

#include "common/base/time.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada::router {

class ReadyNotifier {
 public:
  explicit ReadyNotifier(loop::Loop& loop);
  ~ReadyNotifier();
  ReadyNotifier(const ReadyNotifier&) = delete;
  ReadyNotifier& operator=(const ReadyNotifier&) = delete;

  void ready();      // sessions are accepted; from now on the watchdog is fed, too, if systemd wants it
  void reloading();  // a configuration is being applied; ready() ends it
  void stopping();

 private:
  void notify(const char* state);

  void* library_ = nullptr;
  int (*sd_notify_)(int unset, const char* state) = nullptr;
  Duration watchdog_{};  // 0: systemd does not watch
  loop::Timer feeder_;
};

}  // namespace tamada::router
