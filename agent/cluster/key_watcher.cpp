#include "agent/cluster/key_watcher.h"

#include <utility>

namespace tamada::agent {

patroni::StoredKey stored_key(const etcd::KeyValue& kv) {
  return {kv.key, kv.value, kv.create_revision, kv.mod_revision, kv.lease};
}

KeyWatcher::KeyWatcher(etcd::Client& client, const Options& options, KeyWatcherCallbacks& callbacks)
    : callbacks_(callbacks),
      keys_(options.prefix),
      watch_(client, options.prefix,
             {.scope = etcd::Scope::prefix, .heartbeat = options.heartbeat, .timeout = options.timeout},
             *this) {}

void KeyWatcher::on_key(const etcd::KeyValue& kv, bool deleted, std::int64_t revision, TimePoint /*as_of*/) {
  patroni::StoredKey key = stored_key(kv);
  if (deleted) key.mod_revision = revision;  // a range shows that a key is gone, not when it went
  changes_.push_back({deleted, std::move(key)});
}

// The watch tells each change once and in order, so a revision that is not newer means that etcd was set back.
void KeyWatcher::on_told(std::int64_t revision) {
  const auto changes = std::exchange(changes_, {});
  const bool was_set_back = revision < keys_.revision();
  keys_ = was_set_back ? keys_.set_back(changes, revision) : keys_.advanced(changes, revision);
  const bool is_first = !std::exchange(anything_told_, true);
  if (changes.empty() && !is_first) return;
  const patroni::ClusterKeys told = keys_;  // the callback may destroy this object
  callbacks_.on_keys(told);
}

void KeyWatcher::on_fresh(TimePoint as_of) {
  heard_ = as_of;
  is_silent_ = false;
  callbacks_.on_heard(as_of);
}

void KeyWatcher::on_silence(const Error& why) {
  is_silent_ = true;
  const auto since = heard_;
  callbacks_.on_silence(since, why);
}

}  // namespace tamada::agent
