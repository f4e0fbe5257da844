// LeaseState: what the holder of a lease may believe of it. Pure; lease.h asks the questions.
//
// A lease is valid until the moment at which the request was sent whose answer counts, plus the smaller of
// what was granted and what was asked: etcd began to count then or later, so it cannot have ended the lease
// before. Only answers move that moment; a request without an answer moves nothing.
//
// What it cannot know: after that moment, whether etcd still has the lease. A keep-alive without an answer
// may have prolonged it, etcd's leader may just have been elected (it then gives every lease its whole time
// anew), and a revoke without an answer may be carried out or not. So `unknown` means: do nothing that needs
// the lease, and count on others seeing its keys.
#pragma once

#include <cstdint>

#include "common/base/time.h"
#include "common/etcd/values.h"

namespace tamada::etcd {

class LeaseState {
 public:
  enum class Standing {
    none,     // no lease was granted
    valid,    // etcd has it
    unknown,  // etcd had it
    gone,     // etcd said that it is not there, or answered a revoke
  };

  // `asked`: whole seconds, at least 1.
  explicit LeaseState(std::chrono::seconds asked) : asked_(asked) {}

  // A lease of an earlier run: unknown until a keep-alive is answered.
  void adopt(std::int64_t id);
  void granted(const LeaseReply& reply);
  // The answer to a keep-alive. False: it tells of another lease, and nothing is believed of it.
  [[nodiscard]] bool kept(const LeaseReply& reply);
  // A revoke is being sent: from now on the lease is not valid, whatever a keep-alive says.
  void revoking();
  void gone();

  [[nodiscard]] Standing standing(TimePoint now) const;
  [[nodiscard]] std::int64_t id() const { return id_; }  // 0: none
  // In the past when nothing is known: TimePoint{}.
  [[nodiscard]] TimePoint valid_until() const { return valid_until_; }
  [[nodiscard]] std::chrono::seconds asked() const { return asked_; }
  // Of the newest answer: the revision, and the raft term of the leader that gave it.
  [[nodiscard]] const ResponseHeader& header() const { return header_; }

 private:
  void count(const LeaseReply& reply);

  std::chrono::seconds asked_;
  std::int64_t id_ = 0;
  TimePoint valid_until_{};
  ResponseHeader header_;
  bool revoking_ = false;
  bool gone_ = false;
};

}  // namespace tamada::etcd
