#include "tests/simulation/world/store_mirror.h"

#include "agent/ha/store_view_reader.h"

namespace tamada::simulation {
namespace {

constexpr Duration read_interval = 2s;

patroni::StoredKey stored(const etcd::KeyValue& kv) {
  return {kv.key, kv.value, kv.create_revision, kv.mod_revision, kv.lease};
}

}  // namespace

void StoreMirror::stop() {
  if (watch_) session_.cancel_watch(*watch_);
  watch_.reset();
  process_.scheduler().cancel(next_read_);
}

void StoreMirror::read() {
  if (is_reading_) return;
  is_reading_ = true;
  process_.scheduler().cancel(next_read_);
  const TimePoint sent = process_.now();
  session_.range({prefix_, etcd::Scope::prefix}, [this, sent](etcd::Outcome<etcd::RangeReply> reply) {
    is_reading_ = false;
    next_read_ = process_.scheduler().after(reply ? read_interval : 500ms, process_.bind([this] { read(); }));
    if (!reply) {
      session_.next_member();
      return;
    }
    reply->as_of = sent;
    on_range(*reply);
  });
}

void StoreMirror::on_range(const etcd::RangeReply& reply) {
  std::vector<patroni::StoredKey> stored_keys;
  for (const etcd::KeyValue& kv : reply.kvs) stored_keys.push_back(stored(kv));
  const bool is_other = cluster_id_ != 0 && reply.header.cluster_id != cluster_id_;
  cluster_id_ = reply.header.cluster_id;
  // Of a revision that the watch has passed already: it proves nothing about what came since, and what it shows is known.
  if (reply.header.revision < keys_.revision() && !is_other && reply.as_of < as_of_) return;
  const bool is_behind = reply.header.revision < keys_.revision() && !is_other;
  if (is_behind) {
    // Either the watch was quicker, or etcd has gone back: the next read tells, since it is sent after this answer.
    if (!went_back_) {
      went_back_ = true;
      return read();
    }
  }
  went_back_ = false;
  keys_ = patroni::ClusterKeys::from_range(prefix_, stored_keys, reply.header.revision);
  as_of_ = reply.as_of;
  if (is_behind || is_other) {
    if (watch_) session_.cancel_watch(*watch_);
    watch_.reset();
  }
  if (!watch_) watch();
  show();
}

void StoreMirror::watch() {
  EtcdModel::WatchCallbacks callbacks;
  callbacks.on_message = process_.bind([this](const etcd::WatchMessage& message) { on_message(message); });
  callbacks.on_broken = process_.bind([this] {
    watch_.reset();
    session_.next_member();
    read();
  });
  watch_ = session_.watch(prefix_, keys_.revision() + 1, std::move(callbacks));
}

void StoreMirror::on_message(const etcd::WatchMessage& message) {
  if (!session_.is_current(message.header)) return;
  if (message.canceled) {
    watch_.reset();
    return read();
  }
  std::vector<patroni::KeyChange> changes;
  for (const etcd::Event& event : message.events) changes.push_back({event.deleted, stored(event.kv)});
  if (changes.empty()) return;
  std::int64_t revision = keys_.revision();
  for (const etcd::Event& event : message.events) revision = std::max(revision, event.kv.mod_revision);
  keys_ = keys_.advanced(changes, revision);
  show();
}

void StoreMirror::show() {
  show_(ha::store_view_of(keys_, as_of_, cluster_id_));
}

}  // namespace tamada::simulation
