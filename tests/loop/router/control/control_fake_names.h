// FakeNames: what names lead to, changed by a test while the resolver's threads ask.
#pragma once

#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/loop/resolver.h"

namespace tamada::router {

// What the resolver's threads answer; changed by the test while they run.
class FakeNames {
 public:
  void set(const std::string& host, std::vector<Address> addresses) {
    const std::lock_guard lock(shared_->mutex);
    shared_->names[host] = std::move(addresses);
  }
  // From now on every look-up of `host` hangs until the end of the test.
  void hang(const std::string& host) {
    const std::lock_guard lock(shared_->mutex);
    shared_->hanging = host;
  }
  // How often somebody has asked for it.
  [[nodiscard]] int asked(const std::string& host) const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->asked[host];
  }
  ~FakeNames() {
    const std::lock_guard lock(shared_->mutex);
    shared_->hanging.clear();
  }
  [[nodiscard]] loop::Resolver::Options options() const {
    loop::Resolver::Options options;
    options.lookup = [shared = shared_](const std::string& host) -> loop::Resolver::Answer {
      {
        const std::lock_guard lock(shared->mutex);
        ++shared->asked[host];
      }
      for (;;) {
        {
          const std::lock_guard lock(shared->mutex);
          if (shared->hanging != host) {
            const auto found = shared->names.find(host);
            if (found != shared->names.end() && !found->second.empty()) return found->second;
            return fail(ErrorKind::unresolved, "resolve " + host + ": no such name");
          }
        }
        timespec moment{0, 1000000};
        nanosleep(&moment, nullptr);
      }
    };
    return options;
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::map<std::string, std::vector<Address>> names;
    std::map<std::string, int> asked;
    std::string hanging;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace tamada::router
