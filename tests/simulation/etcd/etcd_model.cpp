// The requests of clients: how they arrive, wait and are answered.
#include "tests/simulation/etcd/etcd_model.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "tests/simulation/etcd/etcd_model_impl.h"

namespace tamada::simulation {
namespace {

using etcd::Failure;
using etcd::Outcome;
using etcd::RpcError;

Failure failure_of(const RpcError& error) {
  return {error.to_error(), error.fault(), error.may_have_run()};
}

template <class Reply>
concept HasAsOf = requires(Reply reply) {
  reply.as_of;
};

// Etcd's floor for a lease: one and a half election timeouts, in whole seconds.
std::int64_t floor_of_leases(Duration election_timeout) {
  return std::chrono::ceil<std::chrono::seconds>(election_timeout * 3 / 2).count();
}

}  // namespace

EtcdModel::EtcdModel(Scheduler& scheduler, Random random, const EtcdModelOptions& options)
    : scheduler_(scheduler), random_(random), options_(options) {
  for (std::size_t i = 0; i < options.members; ++i) {
    members_.push_back(std::make_unique<Member>());
    members_.back()->index = i;
  }
  become_leader(static_cast<std::size_t>(random_.below(options.members)));
}

EtcdModel::~EtcdModel() = default;

etcd::ResponseHeader EtcdModel::header_of(const Member& member) const {
  return {cluster_id_, member.index + 1, view_of(member).revision(),
          member.known ? member.known_term : term_};
}

const EtcdStore& EtcdModel::view_of(const Member& member) const {
  return member.known ? *member.known : store_;
}

template <class Reply, class Work>
void EtcdModel::ask(const EtcdRoute& route, Want want, bool changes, Work work, Callback<Reply> done,
                    std::int64_t living_lease) {
  auto waiting = std::make_shared<Waiting>();
  waiting->route = route;
  waiting->want = want;
  waiting->changes = changes;
  waiting->living_lease = living_lease;
  // Answered once: what is carried out after it has timed out is told to nobody.
  auto answer = [this, route, done = std::move(done)](Outcome<Reply> outcome) mutable {
    Callback<Reply> once = std::exchange(done, nullptr);
    if (!once || route.answer_lost) return;
    scheduler_.after(route.back, [once = std::move(once), outcome = std::move(outcome)] { once(outcome); });
  };
  auto shared = std::make_shared<decltype(answer)>(std::move(answer));
  waiting->refuse = [shared](Failure failure) { (*shared)(tl::make_unexpected(std::move(failure))); };
  waiting->run = [this, shared, changes, work = std::move(work), as_of = scheduler_.now()](Member& member,
                                                                                           Verdict verdict) {
    if (verdict == Verdict::time_out) {
      return (*shared)(tl::make_unexpected(failure_of({14, "etcdserver: request timed out"})));
    }
    if (verdict == Verdict::reset) {
      return (*shared)(tl::make_unexpected(
          Failure{{ErrorKind::reset, "etcd: the member has gone"}, etcd::RpcFault::none, true}));
    }
    EtcdAnswer<Reply> done_so = work(member);
    if (!done_so) return (*shared)(tl::make_unexpected(failure_of(done_so.error())));
    if (changes) changed();
    done_so->header = header_of(member);
    if constexpr (HasAsOf<Reply>) done_so->as_of = as_of;
    (*shared)(std::move(*done_so));
  };
  send(route, std::move(waiting));
}

void EtcdModel::send(const EtcdRoute& route, WaitingPtr waiting) {
  if (route.request_lost) return;
  scheduler_.after(route.there, [this, waiting = std::move(waiting)] {
    arrive(*members_.at(waiting->route.member), waiting);
  });
}

void EtcdModel::arrive(Member& member, const WaitingPtr& waiting) {
  if (member.state == Member::State::killed) {
    return waiting->refuse({{ErrorKind::refused, "etcd: connection refused"}, etcd::RpcFault::none, false});
  }
  if (!try_run(member, waiting)) wait(member, waiting);
}

bool EtcdModel::try_run(Member& member, const WaitingPtr& waiting) {
  if (member.state != Member::State::running) return false;
  switch (waiting->want) {
    case Want::member:
      break;
    case Want::leader: {
      const Ends* ends = ends_of(member);
      if (ends == nullptr) return false;
      const auto end = ends->find(waiting->living_lease);
      if (end != ends->end() && end->second <= scheduler_.now()) return false;
      break;
    }
    case Want::majority:
      if (member.known || !is_serving()) return false;
      if (commit_delay_ > 0s && !waiting->timed_out) {
        scheduler_.after(commit_delay_, [this, &member, waiting, life = member.life] {
          if (member.life != life) return waiting->run(member, Verdict::reset);
          if (member.known || !is_serving()) return wait(member, waiting);
          waiting->run(member, Verdict::carry_out);
        });
        return true;
      }
      break;
  }
  waiting->run(member, Verdict::carry_out);
  return true;
}

void EtcdModel::wait(Member& member, const WaitingPtr& waiting) {
  member.waiting.push_back(waiting);
  // A frozen process does not see what came; its time begins when it does.
  if (member.state != Member::State::running || waiting->want == Want::member) return;
  waiting->timeout =
      scheduler_.after(options_.request_timeout, [this, &member, waiting] { on_timeout(member, waiting); });
}

void EtcdModel::on_timeout(Member& member, const WaitingPtr& waiting) {
  if (member.state != Member::State::running) return;
  waiting->run(member, Verdict::time_out);
  // Where the others go on without this member, its proposal is forgotten.
  if (waiting->changes && !has_majority() && random_.chance(1, 2)) {
    waiting->timed_out = true;
    return;
  }
  std::erase(member.waiting, waiting);
}

void EtcdModel::work_off(Member& member) {
  if (member.state != Member::State::running) return;
  const std::vector<WaitingPtr> waiting = std::exchange(member.waiting, {});
  for (const WaitingPtr& one : waiting) {
    const bool has_timeout = scheduler_.is_pending(one->timeout);
    if (try_run(member, one)) {
      scheduler_.cancel(one->timeout);
    } else if (has_timeout || one->timed_out) {
      member.waiting.push_back(one);
    } else {
      wait(member, one);
    }
  }
}

void EtcdModel::work_off_all() {
  for (const auto& member : members_) work_off(*member);
}

void EtcdModel::reset_all(Member& member) {
  for (const WaitingPtr& one : std::exchange(member.waiting, {})) {
    scheduler_.cancel(one->timeout);
    one->run(member, Verdict::reset);
  }
}

void EtcdModel::changed() {
  ++log_;
  tell_watches();
}

// --- what clients ask

void EtcdModel::range(const EtcdRoute& route, etcd::RangeRequest request, Callback<etcd::RangeReply> done) {
  const Want want = request.serializable ? Want::member : Want::majority;
  ask<etcd::RangeReply>(
      route, want, false,
      [this, request = std::move(request)](Member& member) -> EtcdAnswer<etcd::RangeReply> {
        auto found = view_of(member).range(request.key, request.scope);
        if (!found) return tl::make_unexpected(found.error());
        return etcd::RangeReply{{}, std::move(*found), {}};
      },
      std::move(done));
}

void EtcdModel::put(const EtcdRoute& route, etcd::PutRequest request, Callback<etcd::PutReply> done) {
  ask<etcd::PutReply>(
      route, Want::majority, true,
      [this, request = std::move(request)](Member&) -> EtcdAnswer<etcd::PutReply> {
        if (const auto put = store_.put(request); !put) return tl::make_unexpected(put.error());
        return etcd::PutReply{};
      },
      std::move(done));
}

void EtcdModel::txn(const EtcdRoute& route, etcd::TxnRequest request, Callback<etcd::TxnReply> done) {
  ask<etcd::TxnReply>(
      route, Want::majority, true,
      [this, request = std::move(request)](Member&) { return store_.txn(request); }, std::move(done));
}

void EtcdModel::remove(const EtcdRoute& route, etcd::RemoveRequest request,
                       Callback<etcd::RemoveReply> done) {
  ask<etcd::RemoveReply>(
      route, Want::majority, true,
      [this, request = std::move(request)](Member&) { return store_.remove(request); }, std::move(done));
}

void EtcdModel::lease_grant(const EtcdRoute& route, std::int64_t ttl, Callback<etcd::LeaseReply> done) {
  ask<etcd::LeaseReply>(
      route, Want::majority, true,
      [this, ttl](Member&) -> EtcdAnswer<etcd::LeaseReply> {
        const std::int64_t granted = std::max(ttl, floor_of_leases(options_.election_timeout));
        const std::int64_t id = next_lease_id_++;
        if (const auto grant = store_.grant(id, granted); !grant) return tl::make_unexpected(grant.error());
        lease_ends_[id] = scheduler_.now() + std::chrono::seconds(granted);
        arm_lease_check();
        return etcd::LeaseReply{{}, id, granted, {}};
      },
      std::move(done));
}

void EtcdModel::lease_keepalive(const EtcdRoute& route, std::int64_t id, Callback<etcd::LeaseReply> done) {
  ask<etcd::LeaseReply>(
      route, Want::leader, false,
      [this, id](Member& member) -> EtcdAnswer<etcd::LeaseReply> {
        const auto& leases = view_of(member).leases();
        const auto lease = leases.find(id);
        if (lease == leases.end()) return etcd::LeaseReply{{}, id, 0, {}};
        (*ends_of(member))[id] = scheduler_.now() + std::chrono::seconds(lease->second);
        return etcd::LeaseReply{{}, id, lease->second, {}};
      },
      std::move(done), id);
}

void EtcdModel::lease_revoke(const EtcdRoute& route, std::int64_t id, Callback<etcd::RevokeReply> done) {
  // A lease that is not there is an error of etcd's, and a success without header of the project's client.
  auto told = [done = std::move(done)](const Outcome<etcd::RevokeReply>& outcome) {
    const bool is_gone = !outcome && outcome.error().fault == etcd::RpcFault::lease_not_found;
    done(is_gone ? Outcome<etcd::RevokeReply>(etcd::RevokeReply{}) : outcome);
  };
  ask<etcd::RevokeReply>(
      route, Want::majority, true,
      [this, id](Member&) -> EtcdAnswer<etcd::RevokeReply> {
        if (!store_.revoke(id))
          return tl::make_unexpected(RpcError{5, "etcdserver: requested lease not found"});
        lease_ends_.erase(id);
        return etcd::RevokeReply{{}, true};
      },
      std::move(told));
}

void EtcdModel::time_to_live(const EtcdRoute& route, std::int64_t id, bool keys,
                             Callback<etcd::TimeToLiveReply> done) {
  ask<etcd::TimeToLiveReply>(
      route, Want::leader, false,
      [this, id, keys](Member& member) -> EtcdAnswer<etcd::TimeToLiveReply> {
        const EtcdStore& view = view_of(member);
        const auto lease = view.leases().find(id);
        if (lease == view.leases().end()) return etcd::TimeToLiveReply{{}, id, -1, 0, {}, {}};
        const Duration left = (*ends_of(member))[id] - scheduler_.now();
        etcd::TimeToLiveReply reply{
            {}, id, std::chrono::duration_cast<std::chrono::seconds>(left).count(), lease->second, {}, {}};
        if (keys) reply.keys = view.keys_of_lease(id);
        return reply;
      },
      std::move(done));
}

void EtcdModel::compact(const EtcdRoute& route, std::int64_t revision, Callback<etcd::PutReply> done) {
  ask<etcd::PutReply>(
      route, Want::majority, true,
      [this, revision](Member&) -> EtcdAnswer<etcd::PutReply> {
        if (const auto done_so = store_.compact(revision); !done_so) {
          return tl::make_unexpected(done_so.error());
        }
        return etcd::PutReply{};
      },
      std::move(done));
}

EtcdModel::WatchId EtcdModel::watch(const EtcdRoute& route, std::string key, etcd::Scope scope,
                                    std::int64_t start_revision, WatchCallbacks callbacks) {
  auto watch = std::make_shared<WatchState>();
  watch->id = next_watch_id_++;
  watch->route = route;
  watch->key = std::move(key);
  watch->scope = scope;
  watch->next_revision = start_revision;
  watch->callbacks = std::move(callbacks);
  watches_.emplace(watch->id, watch);

  auto waiting = std::make_shared<Waiting>();
  waiting->route = route;
  waiting->want = Want::member;
  waiting->refuse = [this, watch](const Failure&) { break_watch(*watch); };
  waiting->run = [this, watch](Member& member, Verdict verdict) {
    if (verdict != Verdict::carry_out) return break_watch(*watch);
    if (watch->cancelled || watch->ended) return;
    watch->created = true;
    if (watch->next_revision == 0) watch->next_revision = view_of(member).revision() + 1;
    etcd::WatchMessage message;
    message.header = header_of(member);
    message.created = true;
    deliver(*watch, std::move(message));
    pump(*watch, member);
  };
  send(route, std::move(waiting));
  return watch->id;
}

}  // namespace tamada::simulation
