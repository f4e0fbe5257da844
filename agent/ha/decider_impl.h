// The inside of Decider: what it knows, and a function for each group of rows. Each group has its own source file.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/ha/decider.h"
#include "agent/ha/race_ballot.h"
#include "agent/ha/situation.h"
#include "agent/ha/sync_plan.h"

namespace tamada::ha {

class Decider::Impl {
 public:
  Impl(NodeSettings node, ClusterSettings cluster, TimePoint now);

  void take(const HaEvent& event, TimePoint now);
  [[nodiscard]] Step settle(TimePoint now);
  [[nodiscard]] HaState state(TimePoint now) const;

 private:
  // ---- decider_events.cpp
  void take(const StoreView& view);
  void take(const ServerView& view);
  void take(const LockReport& report);
  void take(const PeerAnswer& answer);
  void take(const GuardReport& report);
  void take(const ActionEnded& ended);
  void take(const WriteEnded& ended);
  void note_crash();
  void note_left_lock(const std::optional<LeaderKeyView>& leader);
  void action_done(const Action& action, const ActionResult& result);
  void action_failed(const Action& action, const ActionResult& result);
  [[nodiscard]] bool is_disproved(const LockReport& report) const;
  void lost_lock(const std::string& words);

  // ---- decider_people.cpp
  void take(const ClusterSettings& settings);
  void take(const NodeSettings& settings);
  void take(const OperatorRequest& request);
  void take(const StoreMemory& memory);
  void take(const LeaveRequest& request);
  void take(const UnexpectedError& error);

  // ---- decider_situation.cpp
  [[nodiscard]] Situation situation() const;
  [[nodiscard]] LockStanding lock_standing() const;
  [[nodiscard]] bool store_is_fresh() const;
  [[nodiscard]] const MemberView* leader_member() const;
  [[nodiscard]] bool leader_runs() const;
  [[nodiscard]] bool is_other_system() const;
  [[nodiscard]] bool waits_for_left_lock() const;
  [[nodiscard]] bool is_obsolete(const Action& action, LockStanding lock) const;
  [[nodiscard]] bool crashes_often() const;
  [[nodiscard]] bool is_overdue() const;
  [[nodiscard]] bool somebody_could_lead() const;

  // ---- decider_lock.cpp
  void keep_lock();
  void keep_guard();
  void acquire();
  void release();
  void arm();
  [[nodiscard]] Duration offline_lead() const;
  [[nodiscard]] bool is_armed() const;

  // ---- decider_rows.cpp
  void carry_out(RowId row);
  void begin(ActionKind kind, const std::string& from = {}, bool may_replace_data = false,
             std::uint32_t timeline = 0);
  void begin(Action action);  // its number is given here
  [[nodiscard]] bool may_begin(ActionKind kind);
  void demote(ActionKind stop);
  void cancel_action();
  void stop_at_once();
  void tell_why_wait();
  void give_up(const std::string& why, ActionKind stop = ActionKind::stop_immediate);
  void give_up_without_guard();

  // ---- decider_bootstrap.cpp
  void note_data(const StoreView& view);
  [[nodiscard]] std::string other_with_data() const;
  void tell_why_no_data();
  void bootstrap();
  void claim();
  void finish_bootstrap();
  [[nodiscard]] bool is_bootstrap_in_vain() const;
  void end_bootstrap();

  // ---- decider_race.cpp
  void race();
  void end_race();
  void call_off_race(const std::string& words);
  [[nodiscard]] std::string own_veto() const;
  [[nodiscard]] std::set<std::string> rivals() const;
  void ask_all(const std::set<std::string>& peers);
  void ask_missing(const std::set<std::string>& peers);
  [[nodiscard]] bool all_answered(const std::set<std::string>& peers) const;
  void count_votes(const std::set<std::string>& peers);
  [[nodiscard]] bool yields_to_candidate();
  [[nodiscard]] bool is_accounted_for(const std::map<std::string, PeerStatus>& answers,
                                      const std::set<std::string>& peers) const;

  // ---- decider_lead.cpp
  void promote();
  void start_in_place();
  [[nodiscard]] bool may_be_made_writable();
  [[nodiscard]] std::uint32_t newest_timeline() const;
  // That etcd tells of, by its own key or by /history.
  [[nodiscard]] std::uint32_t newest_stored_timeline() const;
  void lead();
  void lead_in_pause();
  void look_at_failover();
  void keep_sync();
  [[nodiscard]] bool is_sync_certain();

  // ---- decider_handover.cpp
  void begin_handover(bool is_leaving);
  void hand_over();
  void leave();
  [[nodiscard]] bool waits_for_release_from_sync();
  [[nodiscard]] bool is_standby_at(const std::string& name, Lsn wanted) const;
  [[nodiscard]] bool is_safe_with_synchronous(const std::set<std::string>& candidates) const;
  void end_handover();
  [[nodiscard]] std::set<std::string> handover_candidates() const;

  // ---- decider_rejoin.cpp
  void follow();
  void wait_in_pause();
  void check_histories();
  void rewind_or_clone(RowId row);
  void track_rejoin();
  void look_at_rejoin_anew();
  // It was compared with the leader, or the last one, has what that one has not, and was not mended since.
  [[nodiscard]] bool has_diverged() const;
  [[nodiscard]] std::string upstream() const;
  void diverged();

  // ---- of all
  void order(Order order) { step_.orders.push_back(std::move(order)); }
  void tell(HaFactKind kind, std::string words, bool is_warning = false);
  void wake_at(TimePoint at);
  void because(std::string reason) { step_.reason = std::move(reason); }
  [[nodiscard]] std::uint64_t next_id() { return ++last_id_; }

  NodeSettings node_;
  ClusterSettings cluster_;
  TimePoint now_;
  Step step_;

  // What is known.
  std::optional<StoreView> store_;
  StoreMemory memory_;            // of an earlier run
  TimePoint races_not_before_{};  // etcd has lost what it knew: somebody may still hold a lock that it forgot
  std::map<std::string, MemberView> last_members_;  // also those whose key is gone: they may have the most
  // Other members that have had data, and when one of them was last seen with data, or was missing.
  std::map<std::string, TimePoint> had_data_;
  std::string last_leader_;
  TimePoint vacant_since_{};
  std::uint32_t newest_seen_ =
      0;  // timeline that somebody was about to begin, also of a store that has forgotten it
  bool is_vacant_since_pause_ = false;  // the leader went away in pause: its server may go on without a guard
  std::int64_t vacancy_ = 0;  // the revision at which we saw that there is no leader; 0: there is one
  ServerView server_;
  TimePoint kind_since_{};  // since when server_.kind is what it is, of those that may last too long
  bool is_found_primary_ = false;
  // The leader key of whoever ran here before this agent, which came to its primary in a pause.
  struct LeftLock {
    LeaderKeyView key;
    TimePoint until{};  // it has ended by then, where nobody keeps it alive
  };
  std::optional<LeftLock> left_lock_;
  bool has_seen_server_ = false;
  bool has_told_server_ = false;  // seen in a state that says whether it takes writes
  GuardReport guard_;
  TimePoint guard_asked_{};  // the last order to it: it is not repeated at once

  // The lock.
  struct Held {
    std::int64_t epoch = 0;
    std::int64_t lease = 0;
    TimePoint valid_until{};
    std::int64_t revision = 0;
    bool is_proved = false;
  };
  std::optional<Held> held_;
  std::optional<LockReport::Operation> lock_call_;  // on its way
  TimePoint renew_at_{};
  bool is_renewal_failing_ = false;  // and it was told
  TimePoint acquire_not_before_{};
  TimePoint release_not_before_{};
  // The epoch whose release was told: it may have to be asked for more than once.
  std::int64_t release_told_ = 0;
  bool gives_up_ = false;  // no renewals any more

  // The server.
  bool may_write_ = false;
  TimePoint may_write_since_{};  // only a look from after it says otherwise
  bool is_bootstrapping_ = false;
  bool has_failed_bootstrap_ = false;  // what was made here must not become the cluster
  bool has_claim_ = false;             // of /initialize: this node makes the cluster, and nobody else
  std::int64_t claim_revision_ = 0;    // at which it was written
  Action action_;
  bool is_cancelling_ = false;
  TimePoint action_ended_at_{};               // nothing is begun before the server was looked at after it
  std::map<ActionKind, int> failures_;        // in a row
  std::map<ActionKind, TimePoint> retry_at_;  // after a failure
  std::vector<TimePoint> crashes_;

  // Writes on their way: at most one of each.
  std::optional<std::uint64_t> sync_write_;
  // A write of /sync may be carried out that nobody heard of, even later: another one must succeed first, so that its
  // condition fails.
  bool is_sync_in_doubt_ = false;
  std::optional<std::uint64_t> timeline_write_;
  std::optional<std::uint64_t> failover_write_;
  std::optional<std::uint64_t> claim_write_;
  std::optional<std::uint64_t> initialize_write_;  // of the system identifier
  TimePoint written_at_{};                         // when its answer came
  std::int64_t written_revision_ = 0;  // a view of an earlier revision does not know yet what was written

  // The race.
  struct Race {
    enum class Stage { asking, stopping_receiver, voting, acquiring };
    Stage stage = Stage::asking;
    TimePoint began{};  // of this stage
    TimePoint ask_again{};
  };
  std::optional<Race> race_;
  std::optional<std::int64_t> receiver_off_;  // for this vacancy
  TimePoint receiver_off_since_{};            // only a look from after it can see it gone
  [[nodiscard]] bool is_receiver_gone() const;
  TimePoint race_not_before_{};
  std::string last_veto_;          // what was told last: not the same again and again
  std::int64_t told_vacancy_ = 0;  // whose race was told
  struct Asked {
    TimePoint at{};
    bool is_answered = true;
    std::optional<PeerStatus> status;
    TimePoint sent{};  // of the answer
  };
  std::map<std::string, Asked> asked_;

  // Handing over.
  struct Handover {
    enum class Stage { checking, stopping, confirming, releasing, returning };
    Stage stage = Stage::checking;
    bool is_leaving = false;
    bool may_return = true;
    bool is_in_pause = false;  // somebody asked for it in a pause
    std::string candidate;     // empty: whoever is fit
    std::int64_t failover_revision = 0;
    TimePoint began{};  // of this stage
    Lsn shutdown = 0;
  };
  std::optional<Handover> handover_;
  bool rejoins_in_pause_ =
      false;  // somebody asked for what has stopped its server, and it does not run again yet
  TimePoint stands_back_until_{};
  TimePoint promotes_not_before_{};  // after one that failed: while somebody else could lead
  bool is_leaving_ = false;
  TimePoint leaving_since_{};
  bool has_left_ = false;

  SyncPlan sync_plan_;
  bool commits_wait_told_ = false;  // strict mode without a standby

  // Following.
  struct RejoinState {
    std::int64_t leader_epoch = 0;
    std::int64_t leader_lease = 0;  // a wiped store counts its epochs anew
    Rejoin state = Rejoin::unchecked;
    bool has_recovered_alone = false;
    TimePoint proved_at{};  // fits: when it was found out, or WAL was last received
  };
  RejoinState rejoin_;

  int errors_ = 0;  // unexpected, since the last cycle without
  TimePoint last_error_{};
  std::string follow_;  // what was wanted last
  RowId last_row_ = RowId::wait;
  std::uint64_t last_id_ = 0;
};

}  // namespace tamada::ha
