#include "common/postgres/client/connection_link.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace tamada::postgres {

ConnectionLink::ConnectionLink(loop::Loop& loop, LinkCallbacks& owner)
    : owner_(&owner), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), loop_(&loop) {}

void ConnectionLink::end() {
  ended_.store(true);
  wake();
}

void ConnectionLink::drop_owner() {
  owner_ = nullptr;
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

void ConnectionLink::hand_over(Statement statement) {
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(statement);
  }
  wake();
}

bool ConnectionLink::take_back() {
  const std::lock_guard lock(mutex_);
  return std::exchange(next_, std::nullopt).has_value();
}

void ConnectionLink::wake() {
  const std::uint64_t one = 1;
  // Fails only where the counter is full, and then the thread is woken already.
  static_cast<void>(::write(wake_.get(), &one, sizeof(one)));
}

void ConnectionLink::clear_wake() {
  std::uint64_t count = 0;
  static_cast<void>(::read(wake_.get(), &count, sizeof(count)));
}

std::optional<Statement> ConnectionLink::take_statement() {
  const std::lock_guard lock(mutex_);
  return std::exchange(next_, std::nullopt);
}

}  // namespace tamada::postgres
