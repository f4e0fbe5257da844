// PostgresModel: the data directory and the server of one node, in virtual time, with what the safety rules need.
//
// What it does as PostgreSQL 15 does:
//   * A commit is acknowledged when its record is flushed and, where synchronous_standby_names is set, the standbys that
//     it asks for have told that they flushed it. A session that ends while it waits leaves its row behind, not
//     acknowledged. Emptying the setting releases who waits, without cover.
//   * Only flushed log is streamed. A standby streams from whoever it is told to follow, if its own log is a part of what
//     that one has; otherwise it tries again every `retry` and does not stream.
//   * A killed process loses what was not written, a machine that loses its power what was not flushed (truly: see
//     lose_flushes), each with a part of the rest at chance.
//   * A promotion first ends the receiver, replays what is there, and makes the timeline after the newest that this
//     server has seen: two servers may make the same one. pg_control tells the new timeline only after the checkpoint
//     that follows, and pg_rewind, which compares those, finds nothing to do until then.
//   * A fast stop ends all sessions, writes the shutdown checkpoint, says "shut down" in pg_control, and then waits until
//     each connected replica has flushed that checkpoint or its connection is given up. An immediate one writes nothing.
//   * A rewind that is interrupted leaves a broken directory. A clone is made aside and takes the place when it is whole.
//     After either the server is not consistent until it has replayed what the source had then: nobody can log in, and
//     it cannot be promoted.
//
// Processes, from the outside: freeze() stops the postmaster only (old sessions, walsenders and the receiver go on, new
// connections hang), freeze_all() everything. kill_postmaster() leaves its children behind for a while: sessions among
// them go on to commit. Machines are the caller's: a suspended one is freeze_all().
//
// What it leaves out: transactions of several rows, logical replication, archives (WAL that was recycled is gone),
// tablespaces, remote_write and remote_apply.
//
// Callbacks run from the scheduler, never from inside a call, at most once. on_change is the exception: it runs as the
// change happens and must only take note. Not for several threads.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/postgres/postgres_cluster.h"
#include "tests/simulation/postgres/postgres_types.h"

namespace tamada::simulation {

class PostgresModel {
 public:
  using SessionId = std::uint64_t;
  using WriteDone = std::function<void(WriteOutcome)>;
  using ActionDone = std::function<void(PostgresFault)>;

  PostgresModel(PostgresCluster& cluster, std::string name);
  PostgresModel(const PostgresModel&) = delete;
  PostgresModel& operator=(const PostgresModel&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  PostgresTimes& times() { return times_; }
  // Called at each change of what status() or control() says, but for positions.
  void set_on_change(std::function<void()> on_change) { on_change_ = std::move(on_change); }

  // --- what an agent does
  // none: a postmaster is there now, and status() tells how it fares.
  PostgresFault start(StartRole role);
  void stop(StopMode mode);
  // none: it has begun. It may be called off only by ending the server.
  PostgresFault promote();
  // The end of the postmaster and all its children, orphans included: SIGKILL to everything.
  void kill_all();
  // reload: in force at once on a primary.
  void set_sync_names(SyncNames names);
  // primary_conninfo, and a reload. "": nobody. Takes effect when the startup process next waits for WAL: not while it
  // holds back records (apply delay, paused replay). Kept over restarts.
  void set_upstream(const std::string& name);
  // SIGTERM to the receiver. It comes back after `retry` where an upstream is set.
  void terminate_receiver();
  void pause_replay(bool paused);
  // Ends one walsender, as pg_terminate_backend does.
  void terminate_sender(const std::string& replica);

  // Actions on the directory; the server has to be down. `done` says how it ended, also where it did not begin.
  void initdb(std::uint64_t system_id, ActionDone done);
  void recover_single_user(ActionDone done);
  void rewind(const std::string& source, ActionDone done);
  void clone(const std::string& source, ActionDone done);
  [[nodiscard]] bool is_busy() const { return static_cast<bool>(action_); }
  // What works on the directory is killed.
  void interrupt();
  // Everything in it is lost (or was removed).
  void remove_directory();

  // --- what clients do
  [[nodiscard]] Greeting greet() const;
  // 0: the greeting is another one than `answers`.
  SessionId connect();
  // One row, committed. `done` runs at the server's end of the session, or never (frozen, stalled, waiting).
  void write(SessionId session, RowNumber row, WriteDone done);
  // pg_is_in_recovery() on this session; nullopt: it is gone.
  [[nodiscard]] std::optional<bool> is_in_recovery(SessionId session) const;
  void disconnect(SessionId session);

  // --- faults
  void freeze();
  void thaw();
  void freeze_all();
  void thaw_all();
  // A backend dies: all sessions end, the postmaster recovers and goes on, writable again where it was.
  void crash_backend();
  // The postmaster alone dies. Its sessions go on for `orphans_live`, then notice.
  void kill_postmaster(Duration orphans_live);
  // Everything on the machine ends, without a word to anybody, and what was not truly flushed is lost. Start it by
  // start(), when the machine is back.
  void lose_power();
  void stall_disk(bool stalled);
  void fill_disk(bool full);
  // From now on flushes are reported and not done, until switched off.
  void lose_flushes(bool lying);
  // Segments up to what it has now are recycled: who is behind cannot stream from here.
  void recycle_wal();

  // --- what is so
  [[nodiscard]] PostgresStatus status() const;
  // nullopt: there is none, or it cannot be read.
  [[nodiscard]] std::optional<ControlData> control() const;
  [[nodiscard]] std::vector<TimelineSwitch> history() const;
  [[nodiscard]] DirectoryState directory() const { return directory_.state; }
  [[nodiscard]] bool has_orphans() const { return orphans_; }

  // --- for the checks: the truth, whatever is frozen
  // Some process of it commits what is asked of it, now or once it is thawed.
  [[nodiscard]] bool is_writable() const;
  [[nodiscard]] bool is_frozen() const { return frozen_all_; }
  // The end of the log that the directory holds. Precondition: the directory is not empty.
  [[nodiscard]] WalPoint log() const { return directory_.written; }
  // Precondition: neither directory is empty.
  [[nodiscard]] bool needs_rewind(const PostgresModel& source) const;

 private:
  struct Directory {
    DirectoryState state = DirectoryState::empty;
    std::uint64_t system_id = 0;
    WalPoint written;
    WalPoint flushed;     // as the server believes
    WalPoint durable;     // what the disk truly holds
    WalPoint consistent;  // not open before this has been replayed
    ControlState control = ControlState::shut_down;
    WalPoint checkpoint;
    std::uint32_t newest_timeline = 1;
    Lsn recycled = 0;
  };
  struct Waiting {
    WalPoint point;
    Lsn lsn = 0;
    RowNumber row = 0;
    SessionId session = 0;
    WriteDone done;
  };
  struct Sender {
    std::uint64_t number = 0;  // of the connection
    PostgresModel* replica = nullptr;
    WalPoint sent;
    Lsn flushed = 0;
    Lsn replayed = 0;
    bool caught_up = false;  // was, once: "streaming" instead of "catchup"
    bool in_flight = false;
    TimePoint heard;
  };
  struct Receiver {
    std::uint64_t number = 0;  // of the connection; 0: none
    PostgresModel* upstream = nullptr;
    TimePoint heard;
  };
  struct Action {
    std::uint64_t number = 0;
    bool breaks = false;  // the directory, where it is interrupted
    ActionDone done;
  };

  // --- events of its processes (postgres_model.cpp)
  EventId later(Duration delay, std::function<void()> event);
  // True: everything is frozen, and `event` runs once it is thawed.
  bool defer(std::function<void()> event);
  // For what a frozen postmaster does not do before it is thawed: now or then.
  void as_postmaster(std::function<void()> event);
  void on_disk(Duration delay, std::function<void()> event);
  void new_life();
  void changed();
  void recover();
  void open_primary();
  void open_standby();
  void stop_fast();
  void write_shutdown_checkpoint();
  void finish_stop();
  void become_primary();
  void checkpoint();
  enum class Parting { told, silent };
  void go_down(Parting parting = Parting::told);
  void end_sessions(Parting parting);
  void lose_log(WalPoint least);
  void settle_log(WalPoint end);
  [[nodiscard]] bool is_consistent() const;
  [[nodiscard]] WalBook& book() const { return cluster_.book(); }
  [[nodiscard]] TimePoint now() const { return cluster_.scheduler().now(); }

  // --- commits (postgres_model_writes.cpp)
  void insert(WalRecord::Kind kind, RowNumber row = 0);
  void want_flush();
  void set_flushed(WalPoint point);
  void release();
  [[nodiscard]] std::vector<const Sender*> sync_senders() const;
  // Who covers `lsn`; nullopt: it has to wait.
  [[nodiscard]] std::optional<std::vector<std::string>> cover_of(Lsn lsn) const;
  void settle_write(Waiting& waiting, WriteOutcome outcome);

  // --- streaming (postgres_model_streaming.cpp)
  void want_receiver(Duration delay);
  void connect_receiver();
  [[nodiscard]] bool can_stream_from(const PostgresModel& upstream) const;
  [[nodiscard]] bool serves_replicas() const;
  void add_sender(PostgresModel& replica, std::uint64_t number);
  void pump();
  void pump(Sender& sender);
  void receive(std::uint64_t number, WalPoint point);
  void replay(WalPoint point);
  void reply();
  void change_upstream_when_idle();
  void on_reply(std::uint64_t number, Lsn flushed, Lsn replayed);
  void end_receiver(Parting parting);
  void end_senders(Parting parting);
  void drop_sender(std::uint64_t number);
  void on_upstream_gone(std::uint64_t number);
  void watch_silence();
  [[nodiscard]] Sender* find_sender(std::uint64_t number);

  // --- actions on the directory (postgres_model_repair.cpp)
  [[nodiscard]] PostgresFault why_not_begin() const;
  void begin(Duration length, bool breaks, std::function<PostgresFault()> end, ActionDone done);
  void tell(ActionDone done, PostgresFault fault);
  // nullptr: nothing can be copied from it now.
  [[nodiscard]] const PostgresModel* reachable_source(const std::string& source) const;
  [[nodiscard]] PostgresFault why_not_rewind(const PostgresModel& source) const;

  PostgresCluster& cluster_;
  const std::string name_;
  PostgresTimes times_;
  std::function<void()> on_change_;

  Directory directory_;
  std::optional<Action> action_;
  std::string upstream_;
  SyncNames sync_;

  // The processes.
  ServerState state_ = ServerState::down;
  std::uint64_t life_ = 0;        // another one whenever all processes have ended
  std::uint64_t postmaster_ = 0;  // 0: none
  StartRole role_ = StartRole::standby;
  bool in_recovery_ = true;
  bool promoting_ = false;
  bool shut_down_written_ = false;
  bool orphans_ = false;
  bool frozen_ = false;
  bool frozen_all_ = false;
  std::vector<std::function<void()>> pending_signals_;  // of a frozen postmaster
  std::vector<std::pair<std::uint64_t, std::function<void()>>> deferred_;

  // The disk.
  bool stalled_ = false;
  bool full_ = false;
  bool lying_ = false;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> stalled_events_;

  // The log.
  WalPoint inserted_;
  bool flushing_ = false;
  WalPoint replayed_;
  bool replay_paused_ = false;
  std::deque<Waiting> waiting_;
  std::map<SessionId, bool> sessions_;

  // Replication.
  std::vector<Sender> senders_;
  Receiver receiver_;
  EventId reconnect_;
  TimePoint last_connect_;
  bool reply_waits_ = false;
};

}  // namespace tamada::simulation
