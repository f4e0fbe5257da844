// The watches: what members tell of what they know.
#include <utility>

#include "tests/simulation/etcd/etcd_model.h"
#include "tests/simulation/etcd/etcd_model_impl.h"

namespace tamada::simulation {

void EtcdModel::tell_watches() {
  for (const auto& member : members_) {
    if (is_in(*member)) tell_watches_of(*member);
  }
}

void EtcdModel::tell_watches_of(const Member& member) {
  for (auto& [id, watch] : watches_) {
    if (watch->route.member == member.index && watch->created) pump(*watch, member);
  }
}

void EtcdModel::pump(WatchState& watch, const Member& member) {
  if (watch.ended) return;
  const EtcdStore& view = view_of(member);
  if (watch.next_revision > view.revision()) return;
  etcd::WatchMessage message;
  message.header = header_of(member);
  if (watch.next_revision < view.compacted()) {
    message.canceled = true;
    message.compact_revision = view.compacted();
    watch.ended = true;
    return deliver(watch, std::move(message));
  }
  message.events = view.events_since(watch.next_revision, watch.key, watch.scope);
  watch.next_revision = view.revision() + 1;
  if (!message.events.empty()) deliver(watch, std::move(message));
}

void EtcdModel::deliver(WatchState& watch, etcd::WatchMessage message) {
  const auto found = watches_.find(watch.id);
  if (found == watches_.end() || watch.route.answer_lost) return;
  scheduler_.after(watch.route.back, [this, held = found->second, message = std::move(message)] {
    if (held->cancelled) return;
    if (message.canceled) watches_.erase(held->id);
    held->callbacks.on_message(message);
  });
}

void EtcdModel::break_watch(WatchState& watch) {
  const auto found = watches_.find(watch.id);
  if (found == watches_.end() || std::exchange(watch.ended, true)) return;
  scheduler_.after(watch.route.back, [this, held = found->second] {
    if (held->cancelled) return;
    watches_.erase(held->id);
    held->callbacks.on_broken();
  });
}

void EtcdModel::break_watches_of(const Member& member) {
  for (auto& [id, watch] : watches_) {
    if (watch->route.member == member.index && watch->created) break_watch(*watch);
  }
}

void EtcdModel::cancel_watch(WatchId id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  found->second->cancelled = true;
  found->second->ended = true;
  watches_.erase(found);
}

}  // namespace tamada::simulation
