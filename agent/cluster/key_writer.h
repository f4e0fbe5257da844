// KeyWriter: carries out KeyWrites, one at a time for each key, in the order in which they were asked for.
//
// A write without an answer is followed by a look at the key, so that `unknown` is said only where nobody can know yet.
//
// Loop thread only; the Client must outlive it. Destroying it, which may happen in a callback, cancels: what was sent may
// be carried out all the same, and no callback runs.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "agent/cluster/key_write.h"
#include "common/etcd/client.h"

namespace tamada::agent {

struct WriteOutcome {
  WriteResult result = WriteResult::not_done;
  // Of the key after a write that was done and answered: what the next write compares with. Of a removal 0.
  std::int64_t revision = 0;
  // The key as it was seen where the write was not answered, or a condition did not hold; not set: it was not there.
  std::optional<etcd::KeyValue> found;
  bool was_looked_at = false;  // `found` says something
  bool lease_is_gone = false;  // not_done: the lease that the key was to hang on does not exist (any more)
  std::optional<Error> error;  // not_done, unknown
};

class KeyWriter {
 public:
  using Callback = std::function<void(const WriteOutcome&)>;

  explicit KeyWriter(etcd::Client& client) : client_(client) {}
  KeyWriter(const KeyWriter&) = delete;
  KeyWriter& operator=(const KeyWriter&) = delete;

  // The callback runs once, never from inside the call. `time`: from when it is sent, a look included. False, and nothing is
  // done: more than waiting_max writes of this key wait already.
  [[nodiscard]] bool write(KeyWrite write, Duration time, Callback callback);

  // Is a write of this key (whole) under way or waiting?
  [[nodiscard]] bool is_busy(const std::string& key) const { return queues_.contains(key); }

  static constexpr std::size_t waiting_max = 16;

 private:
  struct Job {
    KeyWrite write;
    Duration time{};
    Callback callback;
  };
  struct Queue {
    std::deque<Job> jobs;  // the first one is under way
    TimePoint end{};
    etcd::CallPtr call;
  };

  void begin(const std::string& key);
  void on_answer(const std::string& key, etcd::Outcome<etcd::TxnReply> outcome);
  void look(const std::string& key, const Error& why);
  void finish(const std::string& key, const WriteOutcome& outcome);

  etcd::Client& client_;
  std::map<std::string, Queue> queues_;
};

}  // namespace tamada::agent
