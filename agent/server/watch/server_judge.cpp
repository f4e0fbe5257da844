#include "agent/server/watch/server_judge.h"

#include <algorithm>

#include "agent/server/watch/sql_meaning.h"
#include "common/postgres/client/conninfo.h"

namespace tamada::agent {

namespace {

using ha::ServerKind;

// Soon enough for who waits for it, and no load on a server that is busy with something else.
constexpr Duration soon = 1s;
constexpr Duration very_soon = 100ms;

std::vector<ha::WalSender> senders_of(const ServerStatus& status) {
  std::vector<ha::WalSender> senders;
  const bool is_applied = status.synchronous_commit == "remote_apply";
  for (const SenderStatus& row : status.senders) {
    // A logical one confirms what it has decoded: no copy of the log.
    if (row.is_logical) continue;
    senders.push_back({row.application_name, row.state == "streaming", row.sync_state == "sync",
                       is_applied ? row.replayed : row.flushed});
  }
  return senders;
}

bool may_be_promoted(const guard::PromotionState& promotion) {
  using Stage = guard::PromotionStage;
  return promotion.stage == Stage::running || promotion.stage == Stage::calling_off ||
         promotion.stage == Stage::removing || promotion.stage == Stage::done;
}

void judge_stopped(const std::optional<DiskSighting>& disk, ServerLook& look) {
  ha::ServerView& view = look.view;
  view.kind = disk && disk->may_be_in_use ? ServerKind::unknown : ServerKind::stopped;
  if (!disk) return;
  view.data = disk->data;
  look.problem = disk->problem;
  if (disk->data != ha::DataState::present || !disk->control) return;
  look.control = disk->control;
  const ControlData& control = *disk->control;
  view.control = control_state_of(control);
  if (control.system_identifier) view.system_id = std::to_string(*control.system_identifier);
  view.timeline = control.timeline.value_or(0);
  // A standby may have replayed a switch of timelines since its last restart point.
  const bool was_standby = view.control == ha::ControlState::shut_down_in_recovery ||
                           view.control == ha::ControlState::in_archive_recovery;
  if (was_standby) view.timeline = std::max(view.timeline, control.min_recovery_end_timeline.value_or(0));
  view.checkpoint = disk->checkpoint;
  view.has_standby_signal = disk->has_signal_file;
}

}  // namespace

std::uint64_t postmaster_number(const guard::ProcessState& process) {
  // splitmix64 over both: one that gets the number of a former one differs by its start.
  std::uint64_t mixed = process.start_time * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(process.pid);
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  mixed ^= mixed >> 31U;
  return mixed == 0 ? 1 : mixed;
}

std::string member_followed(const std::string& primary_conninfo, const Upstreams& members) {
  const auto parameters = postgres::parse_conninfo(primary_conninfo);
  if (!parameters) return {};
  const auto value = [&](const char* name, const char* standard) {
    const auto found = parameters->find(name);
    return found == parameters->end() || found->second.empty() ? std::string(standard) : found->second;
  };
  const std::string host = value("host", "");
  const std::string port = value("port", "5432");
  if (host.empty()) return {};
  const auto found = std::find_if(members.begin(), members.end(), [&](const Upstream& member) {
    return member.is_set() && member.host == host && std::to_string(member.port) == port;
  });
  return found == members.end() ? std::string() : found->name;
}

ha::ControlState control_state_of(const std::optional<ControlData>& control) {
  if (!control || !control->state) return ha::ControlState::unknown;
  switch (*control->state) {
    case ClusterState::shut_down:
      return ha::ControlState::shut_down;
    case ClusterState::shut_down_in_recovery:
      return ha::ControlState::shut_down_in_recovery;
    case ClusterState::in_production:
    case ClusterState::shutting_down:  // of a primary, which did not come to its end
      return ha::ControlState::in_production;
    case ClusterState::in_crash_recovery:
      return ha::ControlState::in_crash_recovery;
    case ClusterState::in_archive_recovery:
      return ha::ControlState::in_archive_recovery;
    case ClusterState::starting_up:
    case ClusterState::unrecognized:
      break;
  }
  return ha::ControlState::unknown;
}

ServerLook ServerJudge::look(const ServerSighting& sighting, const Upstreams& members) {
  ServerLook look;
  look.view.as_of = sighting.as_of;
  next_within_ = Duration::max();
  if (!sighting.guard) {
    forget(0);
    return look;
  }
  const guard::ProcessState& process = sighting.guard->process;
  const bool has_postmaster = process.kind == guard::ProcessKind::postmaster;
  look.view.postmaster = has_postmaster ? postmaster_number(process) : 0;
  if (look.view.postmaster != postmaster_) forget(look.view.postmaster);
  if (sighting.guard->is_sweeping) {
    look.view.kind = kind_ = ServerKind::stopping;
    look.view.data = ha::DataState::present;
    next_within_ = soon;
  } else if (has_postmaster) {
    judge_running(sighting, members, look);
  } else {
    judge_stopped(sighting.disk, look);
  }
  return look;
}

void ServerJudge::judge_running(const ServerSighting& sighting, const Upstreams& members, ServerLook& look) {
  ha::ServerView& view = look.view;
  view.data = ha::DataState::present;
  view.system_id = system_id_;
  if (sighting.sql && sighting.sql->status) {
    const ServerStatus& status = *sighting.sql->status;
    look.status = status;
    if (status.system_identifier != 0) system_id_ = std::to_string(status.system_identifier);
    view.system_id = system_id_;
    if (status.in_recovery) {
      judge_standby(sighting, members, view);
    } else {
      judge_primary(sighting, view);
    }
    kind_ = view.kind;
    return;
  }
  // What is not seen may be changed meanwhile, and back.
  names_.forget();
  was_receiver_gone_ = false;
  if (!sighting.sql) {
    // The guard's child has not become PostgreSQL yet.
    view.kind = sighting.guard->process.is_starting ? ServerKind::starting : ServerKind::unknown;
    next_within_ = soon;
    return;
  }
  judge_failure(sighting, look);
}

void ServerJudge::judge_failure(const ServerSighting& sighting, ServerLook& look) {
  const postgres::Failure& failure = *sighting.sql->failure;
  ha::ServerView& view = look.view;
  look.problem = failure.error.message;
  next_within_ = soon;
  const auto& file = sighting.sql->file_status;
  const bool is_stopping = file == PostmasterStatus::stopping || (!file && kind_ == ServerKind::stopping);
  // It takes connections into its queue some time before it can answer them.
  const bool has_just_begun = kind_ == ServerKind::unknown && sighting.sql->is_file_read &&
                              (!file || file == PostmasterStatus::starting);
  switch (meaning_of(failure)) {
    case SqlMeaning::not_tried:
      view.kind = ServerKind::unknown;
      return;
    case SqlMeaning::silent:
      view.kind = has_just_begun ? ServerKind::starting : ServerKind::hung;
      return;
    case SqlMeaning::nobody_listens:
      view.kind = kind_ = is_stopping ? ServerKind::stopping : ServerKind::starting;
      return;
    case SqlMeaning::not_now:
      if (!is_stopping && failure.server.sqlstate == postgres::admin_shutdown) {
        return keep_former(sighting, view);  // only this session was ended, by somebody
      }
      view.kind = kind_ = is_stopping ? ServerKind::stopping : ServerKind::starting;
      return;
    case SqlMeaning::refuses:
      return keep_former(sighting, view);
  }
}

void ServerJudge::keep_former(const ServerSighting& sighting, ha::ServerView& view) const {
  if (kind_ == ServerKind::primary) {
    view.kind = ServerKind::primary;
    view.timeline = timeline_;
    if (sighting.as_of - senders_at_ <= senders_limit) view.senders = senders_;
    view.is_stalled = flush_.is_stalled();
  } else if (kind_ == ServerKind::standby && !may_be_promoted(sighting.guard->promotion)) {
    view.kind = ServerKind::standby;
  }
}

void ServerJudge::judge_primary(const ServerSighting& sighting, ha::ServerView& view) {
  const SqlSighting& sql = *sighting.sql;
  const ServerStatus& status = *sql.status;
  was_receiver_gone_ = false;
  view.kind = ServerKind::primary;
  view.timeline = timeline_ = status.timeline.value_or(0);
  view.written = status.flushed;
  view.senders = senders_ = senders_of(status);
  senders_at_ = sighting.as_of;

  names_.saw(sighting.as_of, sql.answered, status.synchronous_standby_names);
  view.synchronous_names = names_.names();

  if (status.inserted && status.flushed) {
    flush_.saw(sighting.as_of, sql.answered, *status.inserted, *status.flushed);
  } else {
    flush_.forget();
  }
  if (sql.probed_at) flush_.probed(*sql.probed_at);
  view.is_stalled = flush_.is_stalled();
  if (names_.is_waiting() || flush_.is_suspicious()) next_within_ = soon;
}

void ServerJudge::judge_standby(const ServerSighting& sighting, const Upstreams& members,
                                ha::ServerView& view) {
  const ServerStatus& status = *sighting.sql->status;
  names_.forget();
  flush_.forget();
  view.kind = ServerKind::standby;
  view.received = status.received;
  view.replayed = status.replayed;
  // What was received of a timeline is there also when the receiver has gone; the checkpoint tells of it much later.
  if (status.receiver)
    receiver_timeline_ = std::max(receiver_timeline_, status.receiver->timeline.value_or(0));
  view.timeline = std::max(receiver_timeline_, status.checkpoint_timeline.value_or(0));
  view.is_receiving = status.receiver && status.receiver->status == "streaming";
  view.follows = member_followed(status.primary_conninfo, members);
  // Twice in a row: the startup process may have been about to start one with the former setting.
  const bool is_gone =
      !status.receiver && status.primary_conninfo.empty() && sighting.sql->has_no_receiver_process;
  view.is_receiver_gone = is_gone && was_receiver_gone_;
  if (is_gone && !was_receiver_gone_) next_within_ = very_soon;
  was_receiver_gone_ = is_gone;
}

void ServerJudge::forget(std::uint64_t postmaster) {
  *this = ServerJudge();
  postmaster_ = postmaster;
}

}  // namespace tamada::agent
