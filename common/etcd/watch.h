// Watch: knows one key (or all keys with a prefix) for good, and how old this knowledge is.
//
// Reads the range, tells it, then watches from the next revision on; all on one member. Every `heartbeat` it
// reads the range again from that member, linearizably: this proves that the member is alive, has a majority
// and that nothing was missed. Whatever goes wrong (connection lost, etcd restarted, stopped with SIGSTOP,
// cut off from its majority, an older raft term, the watch cancelled or compacted, the token expired, a
// stream that does not tell what a heartbeat has seen), it begins anew at the next end point, with a wait
// that grows from 100 ms to 5 s (jittered) once every end point has failed. Nothing is missed but changes
// that were overwritten meanwhile: after a new start only the difference to what was told before is told.
//
// What it cannot know: while there is no connection, nothing is told but the silence, once per episode; the
// owner knows the age of its knowledge by the last `as_of` and decides what that means. The value told last
// stays the last one known; it is not taken back.
//
// Loop thread only. Client and listener must outlive it. After destruction, which may happen inside a
// callback, none of them runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/etcd/client.h"
#include "common/etcd/values.h"

namespace tamada::etcd {

class WatchCallbacks {
 public:
  // `key` has this value, or (nullopt) is not there. The first answer tells the watched key in any case; of a
  // prefix, the keys that are there. Then each change. `revision` is that of the change (of a key that is
  // not there: one at which it was not). `as_of`: see on_fresh; a change that the stream told is followed by
  // a heartbeat at once, so that its on_fresh comes one round trip later.
  virtual void on_value(const std::string& key, const std::optional<std::string>& value,
                        std::int64_t revision, TimePoint as_of) = 0;
  // The same with everything that etcd says of the key; who wants that takes it here, and on_value is not called. Of a
  // deletion only the key's name counts.
  virtual void on_key(const KeyValue& kv, bool deleted, std::int64_t revision, TimePoint as_of) {
    on_value(kv.key, deleted ? std::nullopt : std::optional(kv.value), revision, as_of);
  }
  // Every change up to this revision has been told: between two of these calls stand whole transactions. It goes back
  // when etcd was restored or built anew.
  virtual void on_told(std::int64_t /*revision*/) {}
  // All that was told is complete as of that moment (boot clock): the send time of the request that proved
  // it. Never goes back. Comes after the on_value calls of each range, and with each heartbeat. The first one
  // after on_silence ends the episode.
  virtual void on_fresh(TimePoint as_of) = 0;
  // Every end point has failed since the last on_fresh (or the start). Once per episode. `why`: the last
  // failure, worded for a log line.
  virtual void on_silence(const Error& why) = 0;
  // A later failure in the same episode. May be the same again.
  virtual void on_still_silent(const Error& /*why*/) {}

 protected:
  ~WatchCallbacks() = default;
};

struct WatchOptions {
  Scope scope = Scope::key;
  Duration heartbeat = 1s;
  // How long any one answer may take. A member that freezes is noticed after at most heartbeat + timeout.
  Duration timeout = 4s;
  Duration min_backoff = 100ms;
  Duration max_backoff = 5s;
};

class Watch {
 public:
  Watch(Client& client, std::string key, const WatchOptions& options, WatchCallbacks& listener);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Does the next heartbeat now, or, without a connection, tries the next end point now.
  void poke();

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace tamada::etcd
