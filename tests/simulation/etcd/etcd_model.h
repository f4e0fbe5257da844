// EtcdModel: an etcd cluster in virtual time: one EtcdStore that the majority agrees on, and members through which it
// is asked, which may be frozen, killed or cut off. Knows no client: the network lies outside and hands in an EtcdRoute
// with each request.
//
// What etcd does and this does alike:
//   * Writes, linearizable reads and grants want a majority with a leader. Without one they wait in the member, and
//     come to "request timed out" after `request_timeout`; such a write may still be carried out later (half of them
//     are, decided by the Random), once a majority is back.
//   * A leader that its majority does not hear is replaced after one to two election timeouts. Each new leader gives
//     every lease its whole time to live anew, and an election timeout on top (lessor.Promote).
//   * Leases run on the leader's clock, have a floor of 1.5 election timeouts, and are looked at every 500 ms.
//   * Keep-alives are answered by whoever believes to lead, from memory: without a majority, with a full database. A
//     leader that was frozen, or is cut off, answers them out of its old belief, with its old term, until it learns
//     better. Until 3.4.31 and 3.5.13 it may also have leases revoked that ended by its old belief.
//   * Serializable reads, and watches that stand, live on what the member knows, however old.
//   * A member that was cut off for longer than an election timeout makes an election when it is back (no pre-vote, the
//     default of 3.4).
//
// What it leaves out: members that lag behind by less than a fault, learners, authentication, defragmentation.
//
// Callbacks run from the scheduler, never from inside a call, at most once (those of a watch: once for each message).
// A callback whose request or answer is lost, or whose member stays frozen, never runs: the client's deadline is the
// client's affair. Not for several threads. Scheduler and Random must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/time.h"
#include "common/etcd/failure.h"
#include "tests/simulation/engine/random.h"
#include "tests/simulation/engine/scheduler.h"
#include "tests/simulation/etcd/etcd_store.h"

namespace tamada::simulation {

struct EtcdModelOptions {
  std::size_t members = 3;
  Duration election_timeout = 1s;
  // etcd's own limit for a request: 5 s and two election timeouts.
  Duration request_timeout = 7s;
  bool pre_vote = false;
  bool old_leader_revokes = true;
};

// How a request travels: to which member, how long there, and back, each message of a watch too.
struct EtcdRoute {
  std::size_t member = 0;  // 0 .. members - 1
  Duration there{};
  Duration back{};
  bool request_lost = false;
  bool answer_lost = false;  // it is carried out, and nobody hears of it
};

// What a frozen process's clock does: a stopped process's goes on, a suspended machine's stands still.
enum class FrozenClock { goes_on, stands_still };

class EtcdModel {
 public:
  template <class Reply>
  using Callback = std::function<void(etcd::Outcome<Reply>)>;
  using WatchId = std::uint64_t;
  struct WatchCallbacks {
    std::function<void(const etcd::WatchMessage&)> on_message;
    // The connection is gone: the member died, or its data were replaced.
    std::function<void()> on_broken;
  };

  EtcdModel(Scheduler& scheduler, Random random, const EtcdModelOptions& options = {});
  ~EtcdModel();
  EtcdModel(const EtcdModel&) = delete;
  EtcdModel& operator=(const EtcdModel&) = delete;

  // --- what clients ask. `as_of` of the replies is the virtual time of this call.
  void range(const EtcdRoute& route, etcd::RangeRequest request, Callback<etcd::RangeReply> done);
  void put(const EtcdRoute& route, etcd::PutRequest request, Callback<etcd::PutReply> done);
  void txn(const EtcdRoute& route, etcd::TxnRequest request, Callback<etcd::TxnReply> done);
  void remove(const EtcdRoute& route, etcd::RemoveRequest request, Callback<etcd::RemoveReply> done);
  void lease_grant(const EtcdRoute& route, std::int64_t ttl, Callback<etcd::LeaseReply> done);
  void lease_keepalive(const EtcdRoute& route, std::int64_t id, Callback<etcd::LeaseReply> done);
  void lease_revoke(const EtcdRoute& route, std::int64_t id, Callback<etcd::RevokeReply> done);
  void time_to_live(const EtcdRoute& route, std::int64_t id, bool keys, Callback<etcd::TimeToLiveReply> done);
  void compact(const EtcdRoute& route, std::int64_t revision, Callback<etcd::PutReply> done);
  // From `start_revision` on; 0: from now on. Where that was compacted the watch ends with a message that says so.
  WatchId watch(const EtcdRoute& route, std::string key, etcd::Scope scope, std::int64_t start_revision,
                WatchCallbacks callbacks);
  // Nothing of it is called any more. An id that is not known (any more) is ignored.
  void cancel_watch(WatchId id);

  // --- faults. Each may be asked for in any state; what is so already changes nothing.
  void freeze(std::size_t member, FrozenClock clock = FrozenClock::goes_on);
  // It works off what came meanwhile, then hears from the others after `learns_after`.
  void thaw(std::size_t member, Duration learns_after = 50ms);
  // Killed: connections are refused. Its data stay.
  void kill(std::size_t member);
  void start(std::size_t member, Duration learns_after = 500ms);
  // The other members and it do not hear each other; clients reach it.
  void cut_off(std::size_t member);
  void heal(std::size_t member, Duration learns_after = 50ms);
  // The leader hands over, or is replaced though nothing is wrong with it. Nothing where nobody leads.
  void change_leader();
  void set_full(bool full) { store_.set_full(full); }
  // How long a write or a linearizable read takes in the cluster: slow disks.
  void set_commit_delay(Duration delay) { commit_delay_ = delay; }
  // All members are started with empty data: revision 1, no leases, a low term.
  void wipe();
  [[nodiscard]] EtcdStore backup() const { return store_; }
  // All members are started with the data of a backup; its leases have their whole time. `same_id`: with the same
  // cluster id, as etcdctl does where the token and the addresses are the same.
  void restore(const EtcdStore& backup, bool same_id = true);

  // --- what is so
  [[nodiscard]] const EtcdStore& store() const { return store_; }
  [[nodiscard]] std::optional<std::size_t> leader() const { return leader_; }
  // There is a leader, and a majority that hears it.
  [[nodiscard]] bool is_serving() const;
  [[nodiscard]] std::uint64_t term() const { return term_; }
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] bool is_running(std::size_t member) const;
  // The revision at which a lease was revoked that had not ended, since a leader of before thought so: what was answered
  // about it until then was right, and is wrong all the same. Not set: it was not.
  [[nodiscard]] std::optional<std::int64_t> revoked_early_at(std::int64_t id) const {
    const auto found = revoked_early_.find(id);
    return found == revoked_early_.end() ? std::nullopt : std::optional(found->second);
  }
  // When the lease ends if nobody renews it and the leader stays. Not set: there is no such lease.
  [[nodiscard]] std::optional<TimePoint> lease_end(std::int64_t id) const {
    const auto found = lease_ends_.find(id);
    return found == lease_ends_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  enum class Verdict { carry_out, time_out, reset };
  // What a request needs to be answered: a majority with a leader, whoever believes to lead, or just the member.
  enum class Want { majority, leader, member };
  struct Waiting;
  struct Member;
  struct WatchState;
  using WaitingPtr = std::shared_ptr<Waiting>;

  // --- calls (etcd_model_calls.h, etcd_model.cpp)
  template <class Reply, class Work>
  void ask(const EtcdRoute& route, Want want, bool changes, Work work, Callback<Reply> done,
           std::int64_t living_lease = 0);
  void send(const EtcdRoute& route, WaitingPtr waiting);
  void arrive(Member& member, const WaitingPtr& waiting);
  // False: it has to wait.
  bool try_run(Member& member, const WaitingPtr& waiting);
  void wait(Member& member, const WaitingPtr& waiting);
  void on_timeout(Member& member, const WaitingPtr& waiting);
  void work_off(Member& member);
  void work_off_all();
  void reset_all(Member& member);
  void changed();
  [[nodiscard]] etcd::ResponseHeader header_of(const Member& member) const;
  [[nodiscard]] const EtcdStore& view_of(const Member& member) const;

  // --- members (etcd_model_members.cpp)
  [[nodiscard]] bool is_in(const Member& member) const;
  [[nodiscard]] bool is_leader(const Member& member) const;
  [[nodiscard]] bool has_majority() const;
  [[nodiscard]] bool leader_is_in() const;
  void leave(Member& member);
  void join_after(Member& member, Duration delay);
  void join(Member& member);
  void doubt_after_a_while(Member& member);
  void settle();
  void elect_after(Duration least, Duration most);
  void hold_election();
  void become_leader(std::size_t member);
  void catch_up();
  void start_anew(EtcdStore store);

  // --- leases (etcd_model_leases.cpp)
  using Ends = std::map<std::int64_t, TimePoint>;
  // Those that the leader has whom this member would ask, or nullptr: it would ask nobody.
  [[nodiscard]] Ends* ends_of(Member& member);
  void renew_all_leases();
  void arm_lease_check();
  void check_leases();
  void revoke_from_belief(Member& member);

  // --- watches (etcd_model_watches.cpp)
  void tell_watches();
  void tell_watches_of(const Member& member);
  void pump(WatchState& watch, const Member& member);
  void deliver(WatchState& watch, etcd::WatchMessage message);
  void break_watch(WatchState& watch);
  void break_watches_of(const Member& member);

  Scheduler& scheduler_;
  Random random_;
  const EtcdModelOptions options_;

  EtcdStore store_;
  std::int64_t log_ = 0;  // how many changes the cluster has agreed on
  std::vector<std::unique_ptr<Member>> members_;
  std::optional<std::size_t> leader_;  // kept while it is away, until the others have noticed
  std::uint64_t term_ = 2;
  std::uint64_t cluster_id_ = 0x5ca1ab1e;
  Duration commit_delay_{};
  EventId election_;

  Ends lease_ends_;
  std::map<std::int64_t, std::int64_t> revoked_early_;
  TimePoint leading_since_;
  EventId lease_check_;
  TimePoint lease_check_at_;
  std::int64_t next_lease_id_ = 0x700000001;

  std::map<WatchId, std::shared_ptr<WatchState>> watches_;
  WatchId next_watch_id_ = 1;
};

}  // namespace tamada::simulation
