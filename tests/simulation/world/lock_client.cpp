#include "tests/simulation/world/lock_client.h"

#include <algorithm>

namespace tamada::simulation {

void LockClient::tell(Operation operation, Outcome outcome, TimePoint valid_until, std::int64_t revision) {
  ha::LockReport report;
  report.operation = operation;
  report.outcome = outcome;
  report.epoch = operation == Operation::acquire && outcome != Outcome::held ? 0 : file_.epoch;
  report.lease = file_.lease;
  report.valid_until = valid_until;
  report.revision = revision;
  report_(report);
}

void LockClient::acquire(const ha::AcquireLock& order) {
  const TimePoint sent = process_.now();
  session_.lease_grant(ttl_, [this, sent, order](const etcd::Outcome<etcd::LeaseReply>& granted) {
    if (!granted) return tell(Operation::acquire, Outcome::not_held);  // nothing that matters was done
    const std::int64_t lease = granted->id;
    const TimePoint until = (mistakes_.counts_from_answer ? process_.now() : sent) +
                            std::chrono::seconds(std::min(granted->ttl, ttl_));
    etcd::TxnRequest txn;
    txn.compare.push_back(etcd::Compare::absent(key("leader")));
    txn.compare.push_back(etcd::Compare::mod_revision_is(key("sync"), order.sync_revision));
    if (order.needs_claim) txn.compare.push_back(etcd::Compare::lease_is(key("initialize"), claim_lease_));
    txn.success.push_back({etcd::Operation::Kind::put, key("leader"), name_, lease});
    tried_lease_ = lease;
    session_.txn(txn, [this, lease, until](const etcd::Outcome<etcd::TxnReply>& reply) {
      if (!reply) return tell(Operation::acquire, Outcome::cannot_know);
      if (!reply->succeeded) {
        tried_lease_ = 0;
        return tell(Operation::acquire, Outcome::not_held, {}, reply->header.revision);
      }
      tried_lease_ = 0;
      file_ = {lease, reply->header.revision};
      gone_ = 0;
      tell(Operation::acquire, Outcome::held, until, reply->header.revision);
    });
  });
}

void LockClient::saw_leader(const ha::StoreView& view) {
  const bool is_there = view.leader && view.leader->create_revision == file_.epoch;
  if (file_.epoch != 0 && view.revision > file_.epoch && !is_there) gone_ = file_.epoch;
  if (!view.leader || view.leader->name != name_) return;
  const bool is_ours = tried_lease_ != 0 && view.leader->lease == tried_lease_;
  const bool is_taken_for_ours = mistakes_.believes_name && view.leader->create_revision != file_.epoch;
  if (!is_ours && !is_taken_for_ours) return;
  tried_lease_ = 0;
  file_ = {view.leader->lease, view.leader->create_revision};
  gone_ = 0;
  tell(Operation::adopted, Outcome::cannot_know, {}, view.revision);
}

void LockClient::renew() {
  const TimePoint sent = process_.now();
  session_.lease_keepalive(file_.lease, [this, sent](const etcd::Outcome<etcd::LeaseReply>& kept) {
    if (!kept) return tell(Operation::renew, Outcome::cannot_know);
    if (kept->ttl <= 0) return tell(Operation::renew, Outcome::not_held, {}, kept->header.revision);
    const TimePoint from = mistakes_.counts_from_answer ? process_.now() : sent;
    const std::int64_t seconds = std::min(kept->ttl, ttl_);
    if (mistakes_.believes_keepalive) {
      return tell(Operation::renew, Outcome::held, from + std::chrono::seconds(seconds),
                  kept->header.revision);
    }
    verify(from, seconds, kept->header.raft_term, 3);
  });
}

void LockClient::verify(TimePoint sent, std::int64_t seconds, std::uint64_t term, int tries) {
  session_.range(
      {key("leader")}, [this, sent, seconds, term, tries](const etcd::Outcome<etcd::RangeReply>& reply) {
        if (!reply && tries > 1) return verify(sent, seconds, term, tries - 1);
        if (!reply || reply->header.raft_term != term) return tell(Operation::renew, Outcome::cannot_know);
        const bool is_over = gone_ == file_.epoch && !mistakes_.believes_name;
        const bool is_ours = !is_over && !reply->kvs.empty() && reply->kvs[0].lease == file_.lease &&
                             (reply->kvs[0].create_revision == file_.epoch || mistakes_.believes_name);
        if (!is_ours) return tell(Operation::renew, Outcome::not_held, {}, reply->header.revision);
        tell(Operation::renew, Outcome::held, sent + std::chrono::seconds(seconds), reply->header.revision);
      });
}

void LockClient::release(std::optional<ha::Lsn> final_position) {
  etcd::TxnRequest txn;
  txn.compare.push_back(etcd::Compare::lease_is(key("leader"), file_.lease));
  if (final_position) {
    txn.success.push_back(
        {etcd::Operation::Kind::put, key("status"), "{\"optime\":" + std::to_string(*final_position) + "}"});
  }
  txn.success.push_back({etcd::Operation::Kind::remove, key("leader"), {}});
  session_.txn(txn, [this](const etcd::Outcome<etcd::TxnReply>& reply) {
    if (!reply) return tell(Operation::release, Outcome::cannot_know);
    tell(Operation::release, Outcome::not_held, {}, reply->header.revision);
  });
}

}  // namespace tamada::simulation
