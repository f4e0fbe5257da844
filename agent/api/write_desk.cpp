#include "agent/api/write_desk.h"

#include <cassert>
#include <chrono>
#include <utility>

#include "agent/api/requests/config_change.h"
#include "agent/api/requests/handover_request.h"

namespace tamada::agent {
namespace {

// Schedules are of the calendar; nothing else here looks at it.
WallTime wall_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Answer etcd_is_silent() {
  return text_answer(503, "etcd does not answer, so nothing was changed");
}

}  // namespace

WriteDesk::WriteDesk(loop::Loop& loop, ApiBackend& backend, SnapshotQuestions& readings,
                     Duration reading_timeout)
    : backend_(backend), readings_(readings), reading_timeout_(reading_timeout), handovers_(loop) {}

void WriteDesk::publish(SnapshotPtr snapshot) {
  newest_ = std::move(snapshot);
  if (newest_->cluster) handovers_.on_cluster(*newest_->cluster);
}

void WriteDesk::take(WritePage page, bool has_length, std::string_view body, const PendingAnswer& pending) {
  assert(newest_ != nullptr);
  if (page == WritePage::failsafe && !newest_->settings.failsafe_mode) {
    return pending.send(failsafe_answer(FailsafeEnd::not_enabled, std::nullopt));
  }
  const auto need = body_need(page);
  OrAnswer<JsonBody> read = JsonBody::object();
  if (need) read = read_body(*need, has_length, body);
  if (!read) return pending.send(read.error());
  carry_out(page, *read, pending);
}

void WriteDesk::carry_out(WritePage page, const JsonBody& body, const PendingAnswer& pending) {
  switch (page) {
    case WritePage::patch_config:
      return patch(body, pending);
    case WritePage::put_config:
      return put(body, pending);
    case WritePage::reload:
      backend_.reload();
      return pending.send(text_answer(202, "reload scheduled"));
    case WritePage::restart:
      return restart(body, pending);
    case WritePage::delete_restart:
      return backend_.delete_restart(
          [pending](bool deleted) { pending.send(restart_deleted_answer(deleted)); });
    case WritePage::switchover:
      return hand_over(HandoverKind::switchover, body, pending);
    case WritePage::failover:
      return hand_over(HandoverKind::failover, body, pending);
    case WritePage::delete_switchover:
      return delete_switchover(pending);
    case WritePage::reinitialize:
      return reinitialize(body, pending);
    case WritePage::failsafe:
      return failsafe(body, pending);
    case WritePage::sigterm:
      // Patroni obeys on Windows only; a service is stopped by its manager.
      return pending.send(text_answer(202, "shutdown scheduled"));
    case WritePage::citus:
      return pending.send(text_answer(200, "OK"));
  }
}

void WriteDesk::read_cluster(const PendingAnswer& pending,
                             std::function<void(const NodeSnapshot&, const ClusterView&)> then) {
  readings_.ask(reading_timeout_,
                [handle = handles_.handle(), pending, then = std::move(then)](const SnapshotPtr& read) {
                  if (handle.get() == nullptr) return;
                  if (read == nullptr || !read->cluster) return pending.send(etcd_is_silent());
                  then(*read, *read->cluster);
                });
}

// --- The shared configuration

void WriteDesk::patch(const JsonBody& change, const PendingAnswer& pending) {
  if (const auto refusal = refuse_secrets(change)) return pending.send(*refusal);
  read_cluster(pending, [this, change, pending](const NodeSnapshot&, const ClusterView& cluster) {
    if (!cluster.config) return pending.send(error_page(503, "the cluster has no configuration in etcd"));
    JsonBody config = parse_config(cluster.config->text);
    const bool changed = patch_config(config, change);
    const std::string text = config_text(config);
    if (!changed) return pending.send(json_answer(200, text));
    backend_.write_config(text, cluster.config->revision, [pending, text](const Written& written) {
      if (written.end == WriteEnd::done) return pending.send(json_answer(200, text));
      pending.send(
          error_page(409, "the configuration in etcd was changed meanwhile, or could not be written"));
    });
  });
}

void WriteDesk::put(const JsonBody& config, const PendingAnswer& pending) {
  if (const auto refusal = refuse_secrets(config)) return pending.send(*refusal);
  read_cluster(pending, [this, config, pending](const NodeSnapshot&, const ClusterView& cluster) {
    const std::string text = config_text(config);
    if (cluster.config && is_same_config(config, parse_config(cluster.config->text))) {
      return pending.send(json_answer(200, text));
    }
    backend_.write_config(text, std::nullopt, [pending, text](const Written& written) {
      if (written.end == WriteEnd::done) return pending.send(json_answer(200, text));
      pending.send(error_page(502, "the configuration could not be written into etcd"));
    });
  });
}

// --- This member

void WriteDesk::restart(const JsonBody& body, const PendingAnswer& pending) {
  auto request = parse_restart(body, newest_->settings.paused, wall_now());
  if (!request) return pending.send(request.error());
  if (request->schedule) {
    return backend_.schedule_restart(*std::move(request), [pending](bool scheduled) {
      pending.send(restart_scheduled_answer(scheduled));
    });
  }
  backend_.restart(*std::move(request), [pending](RestartEnd end, const std::string& action) {
    pending.send(restart_answer(end, action));
  });
}

void WriteDesk::reinitialize(const JsonBody& body, const PendingAnswer& pending) {
  backend_.reinitialize(parse_reinitialize(body),
                        [pending](ReinitializeStart start, const std::string& action) {
                          pending.send(reinitialize_answer(start, action));
                        });
}

void WriteDesk::failsafe(const JsonBody& body, const PendingAnswer& pending) {
  auto request = parse_failsafe(body);
  if (!request) return pending.send(request.error());
  backend_.failsafe(*std::move(request), [pending](FailsafeEnd end, std::optional<std::uint64_t> position) {
    pending.send(failsafe_answer(end, position));
  });
}

// --- Who leads

void WriteDesk::delete_switchover(const PendingAnswer& pending) {
  read_cluster(pending, [this, pending](const NodeSnapshot&, const ClusterView& cluster) {
    if (!cluster.failover || cluster.failover->scheduled_at.empty()) {
      return pending.send(text_answer(404, "no switchover is scheduled"));
    }
    backend_.clear_failover(cluster.failover->revision, [pending](const Written& written) {
      if (written.end == WriteEnd::done)
        return pending.send(text_answer(200, "scheduled switchover deleted"));
      pending.send(error_page(409, "the switchover in etcd was changed meanwhile, or could not be written"));
    });
  });
}

void WriteDesk::hand_over(HandoverKind kind, const JsonBody& body, const PendingAnswer& pending) {
  read_cluster(pending, [this, kind, body, pending](const NodeSnapshot& read, const ClusterView&) {
    const auto request = parse_handover(kind, body, read.settings.paused, wall_now());
    if (!request) return pending.send(request.error());
    if (request->scheduled_at) return write_handover(*request, read, pending);
    check_candidates(*request, read, pending);
  });
}

void WriteDesk::check_candidates(const HandoverRequest& request, const NodeSnapshot& read,
                                 const PendingAnswer& pending) {
  auto names = handover_candidates(request, read.settings, *read.cluster);
  if (!names) return pending.send(names.error());
  backend_.ask_candidates(*std::move(names), [handle = handles_.handle(), request, read,
                                              pending](const std::vector<CandidateStatus>& statuses) {
    WriteDesk* self = handle.get();
    if (self == nullptr) return;
    if (const auto refusal = refuse_candidates(request.kind, statuses)) return pending.send(*refusal);
    self->write_handover(request, read, pending);
  });
}

void WriteDesk::write_handover(const HandoverRequest& request, const NodeSnapshot& read,
                               const PendingAnswer& pending) {
  const bool scheduled = request.scheduled_at.has_value();
  Handover handover{request.kind, read.cluster->leader.value_or(""), request.candidate, 0};
  const Duration patience = handover_patience(read.settings);
  backend_.write_failover(
      {request.leader, request.candidate, scheduled ? iso_text(*request.scheduled_at) : ""},
      [handle = handles_.handle(), scheduled, handover, patience, pending](const Written& written) mutable {
        if (written.end != WriteEnd::done) {
          return pending.send(text_answer(503, "failed to write failover key into DCS"));
        }
        if (scheduled) return pending.send(text_answer(202, "Switchover scheduled"));
        handover.written_at = written.revision;
        if (WriteDesk* self = handle.get()) self->wait_for_end(handover, patience, pending);
      });
}

void WriteDesk::wait_for_end(const Handover& handover, Duration patience, const PendingAnswer& pending) {
  handovers_.wait(handover, patience, pending);
  // The newest view may have been read after the write already.
  if (newest_->cluster) handovers_.on_cluster(*newest_->cluster);
}

}  // namespace tamada::agent
