#include "common/process/service_notifier.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>

namespace tamada {

ServiceNotifier::ServiceNotifier(loop::Loop& loop) : feeder_(loop, [this] { notify("WATCHDOG=1"); }) {
  if (std::getenv("NOTIFY_SOCKET") == nullptr) return;
  library_ = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) return;
  sd_notify_ = reinterpret_cast<decltype(&::sd_notify)>(dlsym(library_, "sd_notify"));
  sd_notify_with_ =
      reinterpret_cast<decltype(&::sd_pid_notify_with_fds)>(dlsym(library_, "sd_pid_notify_with_fds"));
  const auto watchdog_enabled =
      reinterpret_cast<decltype(&::sd_watchdog_enabled)>(dlsym(library_, "sd_watchdog_enabled"));
  std::uint64_t usec = 0;
  if (watchdog_enabled != nullptr && watchdog_enabled(0, &usec) > 0) {
    watchdog_ = Duration(static_cast<Duration::rep>(usec));
  }
}

ServiceNotifier::~ServiceNotifier() {
  if (library_ != nullptr) dlclose(library_);
}

void ServiceNotifier::ready() {
  notify("READY=1");
  if (watchdog_ > Duration{}) feeder_.start_repeating(watchdog_ / 2);
}

void ServiceNotifier::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1000000LL + now.tv_nsec / 1000).c_str());
}

void ServiceNotifier::stopping() {
  notify("STOPPING=1");
}

void ServiceNotifier::handed_over_to(pid_t process) {
  notify(fmt::format("MAINPID={}", process).c_str());
  feeder_.stop();
  kept_.clear();
  sd_notify_ = nullptr;
  sd_notify_with_ = nullptr;
}

void ServiceNotifier::inherited(const std::vector<std::string>& names) {
  kept_.insert(names.begin(), names.end());
}

void ServiceNotifier::keep(const std::vector<std::pair<std::string, int>>& sockets) {
  if (sd_notify_with_ == nullptr) return;
  std::set<std::string> gone = std::exchange(kept_, {});
  for (const auto& [name, fd] : sockets) {
    gone.erase(name);
    kept_.insert(name);
    // One that it has already is not kept twice.
    sd_notify_with_(0, 0, ("FDSTORE=1\nFDNAME=" + name).c_str(), &fd, 1);
  }
  for (const std::string& name : gone) notify(("FDSTOREREMOVE=1\nFDNAME=" + name).c_str());
}

void ServiceNotifier::notify(const char* state) {
  if (sd_notify_ != nullptr) sd_notify_(0, state);
}

}  // namespace tamada
