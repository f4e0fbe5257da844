// Control: the HA loop. It tells the decider (agent/ha) what etcd, the server, the peers, the guard and people say, carries out
// what it orders, and publishes what is so: member key, /status, REST. It joins parts; it decides nothing itself.
//
// Everything here is on one loop, which never blocks: files, look-ups, SQL and tools are on other threads. Events are taken one
// after the other, never from inside the carrying out of another.
//
//   start   guard greeted, what runs is known -> the keys are read -> nobody else has this name -> REST listens -> decisions
//   end     SIGTERM -> the decider hands over -> Leave -> callbacks finish -> the loop stops. The guard stays with a server that
//           goes on (pause), or ends by itself
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/config/load_agent_config.h"
#include "agent/control/api/api_thread.h"
#include "agent/control/control_start.h"
#include "agent/control/name_check.h"
#include "agent/control/operator/operator_desk.h"
#include "agent/control/server/server_desk.h"
#include "agent/control/server/timeline_files.h"
#include "agent/control/state/cycle_errors.h"
#include "agent/control/state/shared_configuration.h"
#include "agent/control/store/store_desk.h"
#include "agent/log/agent_log.h"
#include "agent/peers/peer_asker.h"
#include "common/base/new_words.h"
#include "common/files/state_file.h"
#include "common/process/service_notifier.h"

namespace tamada::agent {

class Control final : private StoreDeskCallbacks, private ServerDeskCallbacks, private ControlAccess {
 public:
  // All that may block is done before (control_start.h).
  Control(loop::Loop& loop, const ExecHelper& helper, AgentLog& log, StartState start);
  ~Control() override;
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void start();
  // SIGHUP: the node's own file is read again.
  void reload_configuration();
  // SIGTERM. Once more: the same.
  void leave();
  // 0, or why it could not go on.
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  // ---- StoreDeskCallbacks
  void on_store(const patroni::ClusterKeys& keys, TimePoint heard) override {
    errors_.run("the keys of etcd were taken note of", [&] { take_store(keys, heard); });
  }
  void on_store_event(const ha::HaEvent& event) override { post(event); }
  void on_store_silence(const std::string& why) override;
  void on_store_words(const std::string& words) override { log_.write(Severity::warning, words); }
  // ---- ServerDeskCallbacks
  void on_server_look(const ServerLook& look) override {
    errors_.run("the server was looked at", [&] { take_look(look); });
  }
  void on_server_event(const ha::HaEvent& event) override {
    errors_.run("an action ended, or the guard reported", [&] { take_server_event(event); });
  }
  void on_server_state() override { publish_soon(); }
  void on_server_words(const std::string& words, bool is_warning) override;
  void on_guard_failure(const guard::GuardFailure& failure) override;
  void on_guard_first_ready() override;
  // ---- ControlAccess
  const ControlState& state() const override { return state_; }
  SnapshotPtr snapshot() override;
  void look_at_server(std::function<void(bool answered)> then) override;
  void read_store(std::function<void(bool answered)> then) override;
  KeyWriter& writer() override { return store_.writer(); }
  const KeyWrites& writes() const override { return store_.writes(); }
  void ask_candidate(const std::string& name,
                     std::function<void(const CandidateStatus& status)> then) override {
    peers_.ask_candidate(member(name), std::move(then));
  }
  void tell(const std::string& words, bool is_warning) override { on_server_words(words, is_warning); }
  void reload() override { reload_configuration(); }
  void restart(std::optional<Duration> start_limit) override;
  void reinitialize(bool from_leader_only, bool is_forced) override;
  void state_changed(std::optional<patroni::ScheduledRestart> scheduled) override;

  // ---- events and what follows of them (control.cpp)
  void begin_deciding();
  void listen();
  void start_decider();
  void decide_from_now();
  void take_store(const patroni::ClusterKeys& keys, TimePoint heard);
  void take_look(const ServerLook& look);
  void take_server_event(const ha::HaEvent& event);
  void post(ha::HaEvent event);
  void drain();
  void keep_guard();
  void carry_out(const ha::Step& step);
  void tell_step(const ha::Step& step);
  // As its key tells; not set: there is none, or it tells no address.
  [[nodiscard]] Upstream member(const std::string& name) const;
  void beat();
  void tell_leader_key();
  void end(int code, const std::string& words);

  // ---- orders (control_orders.cpp)
  template <class Order>
  void carry_out_order(const Order& order) {
    store_.carry_out(order);
  }
  void carry_out_order(const ha::ArmGuard& order);
  void carry_out_order(const ha::DisarmGuard& order);
  void carry_out_order(const ha::AskPeer& order);
  void carry_out_order(const ha::BeginAction& order);
  void carry_out_order(const ha::CancelAction& order) { server_.cancel(order.id); }
  void carry_out_order(const ha::Leave& order);
  [[nodiscard]] ActionContext context_of(const ha::Action& action);
  [[nodiscard]] Upstreams clone_sources(const std::string& from) const;
  [[nodiscard]] guard::LockEpoch epoch() const;

  // ---- what is told (control_publish.cpp)
  void publish_soon();
  void publish();
  void refresh();
  void publish_status();
  void keep_history();
  void keep_configuration();
  [[nodiscard]] bool confirms_writes(const ServerLook& look) const;

  // ---- settings (control_settings.cpp)
  void use_configuration();
  void on_file_read(LoadedAgentConfig loaded);
  [[nodiscard]] ha::StoreView view_of(const patroni::ClusterKeys& keys, TimePoint heard);

  loop::Loop& loop_;
  AgentLog& log_;
  StartState start_;
  AgentConfig config_;
  SharedConfiguration shared_;
  ServerSetupPtr setup_;

  loop::Resolver resolver_;
  loop::SideThread side_;
  postgres::ConnectionThreads sql_threads_;
  StoreDesk store_;
  ServerDesk server_;
  PeerAsker peers_;
  OperatorDesk operator_;
  std::unique_ptr<ApiThread> api_;
  std::unique_ptr<NameCheck> name_check_;
  TimelineFiles timelines_;
  StateFile memory_file_;
  StateFile dynamic_file_;
  ServiceNotifier notifier_;
  CycleErrors errors_;

  std::optional<ha::Decider> decider_;  // once decisions are taken
  std::deque<ha::HaEvent> events_;
  bool is_drain_posted_ = false;
  bool is_publish_posted_ = false;
  ControlState state_;
  ha::StoreMemory memory_;
  std::map<std::string, Upstream>
      seen_members_;  // as their keys told last, also of those that have gone since
  ha::RowId row_ = ha::RowId::wait;
  TimePoint row_since_{};
  std::string reason_;
  std::string told_fact_;  // the last one, since the last line of a cycle
  ha::WantedSettings wanted_;
  ha::Action action_;  // that was begun last, while it runs

  bool is_asked_for_copy_ = false;  // reinitialize: of the next clone
  bool from_leader_only_ = false;
  std::optional<ha::OperatorRequest> asks_after_action_;
  std::optional<Duration> restart_limit_;  // of the next restart
  std::uint64_t settled_postmaster_ = 0;   // its writes have been confirmed once
  std::optional<ha::Lsn> settle_at_;       // what a standby has to confirm for that
  std::uint64_t settling_postmaster_ = 0;
  std::vector<std::function<void(bool)>> readers_;  // of the store, who wait
  TimePoint reading_since_{};
  NewWords shared_findings_;
  NewWords file_warnings_;
  std::string leader_key_problem_;  // as it was told
  std::string last_words_;          // of a cycle
  TimePoint last_beat_{};
  std::uint32_t history_timeline_ = 0;  // whose file was read last
  TimePoint history_at_{};
  bool is_writing_config_ = false;
  std::int64_t missed_failover_ = 0;  // the key's revision that was given up
  bool is_leaving_ = false;
  int exit_code_ = 0;

  loop::Timer tick_;
  loop::Timer beat_;  // the cycle's line, the member key's lease, schedules
  loop::Timer reading_limit_;
  loop::Timer leave_limit_;
  loop::WeakHandles<Control> handles_{*this};
};

}  // namespace tamada::agent
