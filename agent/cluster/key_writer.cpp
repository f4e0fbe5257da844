#include "agent/cluster/key_writer.h"

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"

namespace tamada::agent {

bool KeyWriter::write(KeyWrite write, Duration time, Callback callback) {
  const std::string key = write.key;
  Queue& queue = queues_[key];
  if (queue.jobs.size() > waiting_max) return false;
  queue.jobs.push_back({std::move(write), time, std::move(callback)});
  if (queue.jobs.size() == 1) begin(key);
  return true;
}

void KeyWriter::begin(const std::string& key) {
  Queue& queue = queues_.at(key);
  const Job& job = queue.jobs.front();
  queue.end = loop::boot_now() + job.time;
  // Half of the time: an answer that does not come leaves the other half to look what came of it.
  queue.call = client_.txn(
      job.write.to_txn(),
      [this, key](etcd::Outcome<etcd::TxnReply> outcome) { on_answer(key, std::move(outcome)); },
      job.time / 2);
}

void KeyWriter::on_answer(const std::string& key, etcd::Outcome<etcd::TxnReply> outcome) {
  const Job& job = queues_.at(key).jobs.front();
  if (!outcome) {
    const etcd::Failure& failure = outcome.error();
    if (failure.may_have_run) return look(key, failure.error);
    WriteOutcome not_done;
    not_done.lease_is_gone = failure.fault == etcd::RpcFault::lease_not_found;
    not_done.error = failure.error;
    return finish(key, not_done);
  }
  WriteOutcome answered;
  answered.result = outcome->succeeded ? WriteResult::done : WriteResult::compare_lost;
  if (outcome->succeeded && !job.write.removes) answered.revision = outcome->header.revision;
  if (!outcome->succeeded) {
    answered.was_looked_at = true;
    const bool is_there = !outcome->ranges.empty() && !outcome->ranges.front().empty();
    if (is_there) answered.found = outcome->ranges.front().front();
  }
  finish(key, answered);
}

void KeyWriter::look(const std::string& key, const Error& why) {
  Queue& queue = queues_.at(key);
  const Duration left = std::max<Duration>(queue.end - loop::boot_now(), 1ms);
  queue.call = client_.range(
      {key, etcd::Scope::key, false},
      [this, key, why](etcd::Outcome<etcd::RangeReply> outcome) {
        WriteOutcome found;
        found.result = WriteResult::unknown;
        found.error = why;
        if (outcome) {
          found.was_looked_at = true;
          if (!outcome->kvs.empty()) found.found = outcome->kvs.front();
          found.result = judge_write(queues_.at(key).jobs.front().write, found.found);
        }
        if (found.result == WriteResult::done && found.found) found.revision = found.found->mod_revision;
        finish(key, found);
      },
      left);
}

void KeyWriter::finish(const std::string& key, const WriteOutcome& outcome) {
  const auto found = queues_.find(key);
  const etcd::CallPtr over = std::move(found->second.call);
  const Callback callback = std::move(found->second.jobs.front().callback);
  found->second.jobs.pop_front();
  const std::string name = key;  // it may lie in the call that is over
  found->second.jobs.empty() ? void(queues_.erase(found)) : begin(name);
  callback(outcome);  // it may destroy this object
}

}  // namespace tamada::agent
