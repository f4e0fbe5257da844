// LockClient: the leader key of one simulated agent, by the rules of the agent's real one: what counts as held is a
// keep-alive with a positive time to live and, sent after its answer, a linearizable read that shows the key with our
// lease, both in one raft term; it lasts from before the request.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "agent/ha/ha_events.h"
#include "agent/ha/ha_step.h"
#include "tests/simulation/world/etcd_session.h"

namespace tamada::simulation {

// What survives the agent, on its disk.
struct LockFile {
  std::int64_t lease = 0;
  std::int64_t epoch = 0;
};

struct LockMistakes {
  bool believes_name = false;       // a key with our name is ours, whatever its lease
  bool counts_from_answer = false;  // the lock lasts from the answer on, not from the request
  bool believes_keepalive = false;  // no read after it
};

class LockClient {
 public:
  LockClient(Process& process, EtcdSession& session, std::string prefix, std::string name,
             std::function<void(ha::LockReport)> report)
      : process_(process),
        session_(session),
        prefix_(std::move(prefix)),
        name_(std::move(name)),
        report_(std::move(report)) {}

  void set_ttl(std::int64_t seconds) { ttl_ = seconds; }
  void set_mistakes(const LockMistakes& mistakes) { mistakes_ = mistakes; }
  void adopt(const LockFile& file) { file_ = file; }
  [[nodiscard]] const LockFile& file() const { return file_; }
  [[nodiscard]] std::int64_t claim() const { return claim_lease_; }
  void set_claim(std::int64_t lease) { claim_lease_ = lease; }

  void acquire(const ha::AcquireLock& order);
  void renew();
  void release(std::optional<ha::Lsn> final_position);
  // What a view shows of the leader key. Where it has our lease although nobody told us that the transaction was carried
  // out, it is ours. Where it is gone, or another one, an answer that is on its way proves nothing any more.
  void saw_leader(const ha::StoreView& view);

 private:
  using Operation = ha::LockReport::Operation;
  using Outcome = ha::LockReport::Outcome;
  void tell(Operation operation, Outcome outcome, TimePoint valid_until = {}, std::int64_t revision = 0);
  void verify(TimePoint sent, std::int64_t seconds, std::uint64_t term, int tries);
  [[nodiscard]] std::string key(const char* name) const { return prefix_ + name; }

  Process& process_;
  EtcdSession& session_;
  std::string prefix_;
  std::string name_;
  std::function<void(ha::LockReport)> report_;
  std::int64_t ttl_ = 30;
  LockFile file_;
  std::int64_t gone_ = 0;         // the epoch that a view has shown to be over
  std::int64_t tried_lease_ = 0;  // of an acquisition of which nobody knows what came of it
  std::int64_t claim_lease_ = 0;
  LockMistakes mistakes_;
};

}  // namespace tamada::simulation
