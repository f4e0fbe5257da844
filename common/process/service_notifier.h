// ServiceNotifier: tells systemd that the service is ready, is stopping, and lives (Type=notify,
// WatchdogSec=; sd_notify(3)).
//
// Without NOTIFY_SOCKET in the environment it does nothing and loads nothing: libsystemd is opened when it is
// needed, and a system without it loses the notification only. Loop thread only; the Loop must outlive it.
// The watchdog is fed from this loop: a loop that stands still is what it is there to notice.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/loop/loop.h"
#include "common/loop/timer.h"

namespace tamada {

class ServiceNotifier {
 public:
  explicit ServiceNotifier(loop::Loop& loop);
  ~ServiceNotifier();
  ServiceNotifier(const ServiceNotifier&) = delete;
  ServiceNotifier& operator=(const ServiceNotifier&) = delete;

  void ready();      // the service does its work; from now on the watchdog is fed, too, if systemd wants it
  void reloading();  // a configuration is being applied; ready() ends it
  void stopping();
  // Another process is the service's main one from now on: nothing more is told, and the watchdog is its.
  void handed_over_to(pid_t process);

  // What systemd keeps of the process before, by name: the next keep() takes back what it does not name.
  void inherited(const std::vector<std::string>& names);
  // What systemd keeps for the next process of the service (FileDescriptorStoreMax=): so clients wait, in the
  // backlog of a listening socket, while the service is restarted. `sockets` by name: what is not among them
  // any more is taken back. A system that keeps nothing says nothing.
  void keep(const std::vector<std::pair<std::string, int>>& sockets);
  // It may be keeping some.
  [[nodiscard]] bool keeps_sockets() const { return !kept_.empty(); }

 private:
  void notify(const char* state);

  void* library_ = nullptr;
  int (*sd_notify_)(int unset, const char* state) = nullptr;
  int (*sd_notify_with_)(pid_t pid, int unset, const char* state, const int* fds, unsigned count) = nullptr;
  std::set<std::string> kept_;
  Duration watchdog_{};  // 0: systemd does not watch
  loop::Timer feeder_;
};

}  // namespace tamada
