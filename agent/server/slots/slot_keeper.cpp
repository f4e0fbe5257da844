#include "agent/server/slots/slot_keeper.h"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "agent/postgres/formats/slot_name.h"
#include "agent/postgres/server_commands.h"
#include "agent/server/settings/server_files.h"
#include "agent/server/slots/slot_plan.h"
#include "agent/server/slots/slot_retention.h"
#include "common/loop/clock.h"
#include "common/postgres/client/connection.h"
#include "common/postgres/client/connection_threads.h"

namespace tamada::agent {

namespace {

constexpr postgres::StatementLimits limits{5s, 3s};
constexpr const char* object_in_use = "55006";

const char* words_of(SlotDrop::Why why) {
  switch (why) {
    case SlotDrop::Why::unknown:
      return "nobody is known to need it";
    case SlotDrop::Why::other_type:
      return "a physical slot of this name is needed";
    case SlotDrop::Why::xmin:
      return "it holds rows back and nobody connects to it here";
    case SlotDrop::Why::no_position:
      return "it reserves no log";
    case SlotDrop::Why::lost:
      return "the log that it reserved is gone";
    case SlotDrop::Why::not_synced:
      break;
  }
  return "it keeps this standby from synchronizing the leader's";
}

// One statement of a round, with what its failure is called.
struct Step {
  std::string slot;
  postgres::Statement statement;
  std::string failure;
  std::optional<SlotDrop::Why> drop;
};

struct Round {
  ServerSetupPtr setup;
  WantedSlots wanted;
  ServerStatus status;
  TimePoint looked_at;
};

}  // namespace

class SlotKeeper::Impl final : public postgres::ConnectionCallbacks {
 public:
  Impl(loop::Loop& loop, std::function<void(const std::string&)> tell)
      : loop_(loop), tell_(std::move(tell)) {}

  void run(ServerSetupPtr setup, const WantedSlots& wanted, const ServerLook& look) {
    // Revision 0: nothing is known of the cluster.
    if (!setup || !look.status || wanted.keys.revision() == 0) return;
    remember(*setup, wanted, *look.status);
    next_ = Round{std::move(setup), wanted, *look.status, look.view.as_of};
    if (!is_busy_) begin();
  }

  std::map<std::string, std::uint64_t> positions_;
  SlotRetention retention_;

 private:
  // What the look tells for /status; at once, also while a round runs.
  void remember(const ServerSetup& setup, const WantedSlots& wanted, const ServerStatus& status) {
    std::set<std::string> there;
    std::set<std::string> ignored;
    for (const SlotStatus& slot : status.slots) {
      if (slot.is_temporary || slot.is_logical) continue;
      there.insert(slot.name);
      if (is_ignored(setup.shared.ignore_slots, slot)) ignored.insert(slot.name);
    }
    if (setup.shared.use_slots) there.insert(slot_name_of_member(wanted.self));
    for (const std::string& name :
         retention_.update(wanted, setup.shared, there, ignored, loop::boot_now())) {
      if (!wanted.is_leader) continue;
      tell_(fmt::format("Replication slot '{}' for absent cluster member is expired after {} sec.", name,
                        to_ms(setup.shared.member_slots_ttl) / 1000));
    }

    const std::set<std::string> remembered = retention_.remembered(wanted);
    const SlotCircumstances now{wanted, setup.shared, setup.config.tags, status.in_recovery, remembered};
    positions_ = slot_positions(now, wished_slots(now), status);
  }

  void begin() {
    const Round round = *std::exchange(next_, std::nullopt);
    const std::set<std::string> remembered = retention_.remembered(round.wanted);
    const SlotCircumstances now{round.wanted, round.setup->shared, round.setup->config.tags,
                                round.status.in_recovery, remembered};
    const SlotWishes wishes = wished_slots(now);
    if (wishes.problems != told_problems_) {
      told_problems_ = wishes.problems;
      for (const std::string& problem : told_problems_) tell_(problem);
    }
    const SlotPlan plan = plan_slots(now, wishes, round.status);
    // A slot that was dropped and made again after this look must not be taken for the one that was seen.
    const bool is_newer = round.looked_at > dropped_at_;
    for (const SlotDrop& drop : plan.drops) {
      if (!is_newer) break;
      steps_.push_back({drop.name, drop_slot(drop.name),
                        fmt::format("Failed to drop replication slot '{}'", drop.name), drop.why});
    }
    for (const std::string& name : plan.creates) {
      steps_.push_back({name, create_physical_slot(name),
                        fmt::format("Failed to create physical replication slot '{}'", name), std::nullopt});
    }
    for (const SlotAdvance& move : plan.advances) {
      steps_.push_back({move.name, advance_slot(move.name, move.to),
                        fmt::format("Error while advancing replication slot {} to position '{}'", move.name,
                                    format_wal_position(move.to)),
                        std::nullopt});
    }
    if (steps_.empty()) return;
    is_busy_ = true;
    const postgres::ConnectionOptions options{local_conninfo(*round.setup)};
    connection_ = std::make_unique<postgres::Connection>(loop_, threads_, options, *this);
    ask_next();
  }

  void ask_next() {
    // What was decided by older knowledge is not dropped any more.
    while (!steps_.empty() && steps_.front().drop && next_) steps_.pop_front();
    if (steps_.empty()) {
      end_round();
      return;
    }
    connection_->ask(steps_.front().statement, limits,
                     [this](const postgres::Answer& answer) { on_answer(answer); });
  }

  void on_answer(const postgres::Answer& answer) {
    const Step step = std::move(steps_.front());
    steps_.pop_front();
    if (answer) {
      told_failures_.erase(step.slot);
      if (step.drop) dropped_at_ = loop::boot_now();
      if (step.drop && !answer->empty() && !answer->front().rows.empty())
        tell_(fmt::format("Dropped replication slot '{}': {}", step.slot, words_of(*step.drop)));
      ask_next();
      return;
    }
    const postgres::Failure& failure = answer.error();
    tell_failure(step, failure);
    if (failure.kind == postgres::FailureKind::server_error) {
      ask_next();
      return;
    }
    // Of no use any more, or nobody knows what it still does.
    steps_.clear();
    end_round();
  }

  // Once for each slot, while it stays the same.
  void tell_failure(const Step& step, const postgres::Failure& failure) {
    std::string words = step.drop && failure.server.sqlstate == object_in_use
                            ? fmt::format("Unable to drop replication slot '{}', slot is active", step.slot)
                            : fmt::format("{}: {}", step.failure, failure.error.message);
    std::string& told = told_failures_[step.slot];
    if (told == words) return;
    told = std::move(words);
    tell_(told);
  }

  // Inside the connection's last callback, too.
  void end_round() {
    connection_.reset();
    is_busy_ = false;
    if (next_) begin();
  }

  void on_connected(const postgres::Session& /*session*/) override {}
  void on_notice(const postgres::ErrorResponse& /*notice*/) override {}
  // Whoever waits for an answer has got it before.
  void on_closed(const postgres::Failure& /*failure*/) override {}

  loop::Loop& loop_;
  const std::function<void(const std::string&)> tell_;
  std::vector<std::string> told_problems_;
  std::map<std::string, std::string> told_failures_;  // by slot
  TimePoint dropped_at_{};                            // the last one
  bool is_busy_ = false;
  std::deque<Step> steps_;     // of the round that runs; the first one is being asked
  std::optional<Round> next_;  // what is wanted meanwhile
  // A server that hangs keeps some threads of its own busy, and nobody else's.
  postgres::ConnectionThreads threads_{{.connections = 4, .cancels = 2}};
  std::unique_ptr<postgres::Connection> connection_;
};

SlotKeeper::SlotKeeper(loop::Loop& loop, std::function<void(const std::string& words)> tell)
    : impl_(std::make_unique<Impl>(loop, std::move(tell))) {}
SlotKeeper::~SlotKeeper() = default;

void SlotKeeper::run(ServerSetupPtr setup, const WantedSlots& wanted, const ServerLook& look) {
  impl_->run(std::move(setup), wanted, look);
}
std::map<std::string, std::uint64_t> SlotKeeper::positions() const {
  return impl_->positions_;
}
std::vector<std::string> SlotKeeper::retained() const {
  return impl_->retention_.names();
}

}  // namespace tamada::agent
