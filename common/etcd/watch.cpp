#include "common/etcd/watch.h"

#include <utility>

#include "common/etcd/watch_machine.h"

namespace tamada::etcd {

Watch::Watch(Client& client, std::string key, const WatchOptions& options, WatchCallbacks& listener)
    : machine_(std::make_unique<Machine>(client.fleet(), std::move(key), options, listener)) {}

Watch::~Watch() = default;

void Watch::poke() {
  machine_->poke();
}

}  // namespace tamada::etcd
