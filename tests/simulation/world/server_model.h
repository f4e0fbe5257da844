// ServerModel: one node's data directory and its PostgreSQL, as far as the rules of high availability depend on it: WAL,
// streaming, synchronous commits, crash and recovery, promotion, stop, rewind and clone. Each takes its time.
//
// Records are lost in a crash that were not flushed; everything else of a data directory survives. A standby streams from
// its upstream over the links; a commit is acknowledged to its client when enough synchronous standbys have it on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/engine/random.h"
#include "tests/simulation/engine/scheduler.h"
#include "tests/simulation/world/node_server.h"
#include "tests/simulation/world/wal.h"

namespace tamada::simulation {

class World;

class ServerModel final : public NodeServer {
 public:
  ServerModel(World& world, std::string name, Random random);

  [[nodiscard]] ha::ServerView look() override;
  void begin(const ha::Action& action, std::function<void(ha::ActionResult)> done) override;
  void cancel() override;
  void abandon() override;
  void want(const ha::WantedSettings& wanted) override;
  void end_all() override;

  // ---- faults
  void crash();                 // every process of it
  void freeze(bool is_frozen);  // the machine, or the postmaster alone: nothing goes on, nothing is answered
  void stall(bool is_stalled);  // the disk of the WAL: nothing is flushed
  void hang(bool hangs);        // no new connection is answered; old ones go on
  void refuse_promotions(bool refuses) { refuses_promotions_ = refuses; }  // pre_promote fails
  void hide_data(bool is_hidden) { is_data_hidden_ = is_hidden; }          // pg_control cannot be read
  void break_control_file();
  void empty_data();  // a new disk

  // ---- clients
  // `done`: acknowledged. Never called when the server ends before.
  void write(std::uint64_t row, std::function<void()> done);
  // What happened since the last time is looked at: standbys get what is new.
  void pump();

  // ---- what is so
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool takes_writes() const;  // now, if somebody connects
  [[nodiscard]] bool is_frozen() const { return is_frozen_; }
  [[nodiscard]] const Wal& wal() const { return wal_; }
  [[nodiscard]] bool has_data() const { return data_ == ha::DataState::present; }
  [[nodiscard]] const std::vector<std::string>& synchronous_names() const { return sync_names_; }
  [[nodiscard]] bool is_closed() const { return is_closed_; }
  [[nodiscard]] ha::ServerKind kind() const { return kind_; }
  [[nodiscard]] bool hangs() const { return hangs_; }
  [[nodiscard]] const std::string& upstream() const { return upstream_; }
  [[nodiscard]] bool is_streaming_from(const std::string& name) const { return streams_from_ == name; }

 private:
  struct Commit {
    Lsn position;
    std::uint64_t row;
    std::function<void()> done;
  };
  void run(const ha::Action& action);
  void finish(ha::ActionResult::Outcome outcome, std::string words = {},
              ha::Divergence divergence = ha::Divergence::cannot_know);
  void start(bool as_primary);
  void stop_fast();
  void ended(ha::ControlState control);
  void promote(std::uint32_t timeline);
  void check_divergence(const std::string& from);
  void rewind(const std::string& from);
  void clone(const std::string& from);
  void flush();
  void receive();
  void arm_receive(Duration delay);
  void stop_streaming();
  void acknowledge();
  void confirm(const std::string& standby, Lsn position);
  void apply_settings();
  void became(ha::ServerKind kind);
  void after(Duration delay, std::function<void()> work);  // unless the server ended meanwhile
  [[nodiscard]] ServerModel* reachable(const std::string& other) const;

  World& world_;
  std::string name_;
  Random random_;

  // The data directory.
  ha::DataState data_ = ha::DataState::absent;
  std::string system_id_;
  Wal wal_;
  Lsn flushed_ = 0;
  bool has_signal_ = false;
  ha::ControlState control_ = ha::ControlState::unknown;

  // The server.
  ha::ServerKind kind_ = ha::ServerKind::stopped;
  std::uint64_t postmaster_ = 0;
  std::uint64_t life_ = 0;  // of the server: what was to happen in an earlier one does not
  bool is_closed_ = false;  // bootstrapped, and not open to clients yet
  bool is_frozen_ = false;
  bool is_stalled_ = false;
  bool hangs_ = false;
  bool refuses_promotions_ = false;
  bool is_data_hidden_ = false;
  std::vector<Commit> commits_;  // waiting, in order
  std::vector<std::string> sync_names_;
  struct Standby {
    Lsn confirmed = 0;
    TimePoint heard{};
  };
  std::map<std::string, Standby> standbys_;
  std::string upstream_;
  std::string streams_from_;
  std::uint64_t streams_life_ = 0;  // of the upstream's server
  bool is_receiver_off_ = false;
  EventId receive_;
  std::vector<std::function<void()>> frozen_work_;

  // The action.
  ha::Action action_;
  std::function<void(ha::ActionResult)> done_;
  std::uint64_t action_life_ = 0;

  ha::WantedSettings wanted_;
};

}  // namespace tamada::simulation
