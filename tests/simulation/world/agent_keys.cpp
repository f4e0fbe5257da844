// What a simulated agent writes into etcd: its member key, the status, and what its Decider orders.
#include <algorithm>

#include "common/patroni/member_value.h"
#include "common/patroni/sync_value.h"
#include "tests/simulation/world/agent_host.h"
#include "tests/simulation/world/world.h"

namespace tamada::simulation {
namespace {

constexpr std::int64_t claim_ttl = 10;

}  // namespace

void AgentHost::write(std::uint64_t id, const etcd::TxnRequest& txn) {
  session_->txn(txn, [this, id](const etcd::Outcome<etcd::TxnReply>& reply) { wrote(id, reply); });
}

void AgentHost::wrote(std::uint64_t id, const etcd::Outcome<etcd::TxnReply>& reply) {
  using Outcome = ha::WriteEnded::Outcome;
  if (!reply) return apply(ha::WriteEnded{id, Outcome::cannot_know, 0});
  apply(ha::WriteEnded{id, reply->succeeded ? Outcome::done : Outcome::lost, reply->header.revision});
  if (!reply->succeeded) mirror_->read();
}

void AgentHost::carry_out(const ha::WriteSync& order) {
  if (world_.mistakes().sets_names_before_key && !order.remove) {
    ha::WantedSettings wanted = wanted_;
    wanted.synchronous_standbys = order.standbys;
    wanted.keeps_synchronous = false;
    server_.want(wanted);
    return process_.after(1s, [this, order] { write_sync(order); });
  }
  write_sync(order);
}

void AgentHost::write_sync(const ha::WriteSync& order) {
  const std::string key = prefix_ + "sync";
  etcd::TxnRequest txn;
  txn.compare.push_back(etcd::Compare::mod_revision_is(key, order.expected));
  // Nobody but the lock's holder writes it.
  txn.compare.push_back(etcd::Compare::lease_is(prefix_ + "leader", lock_->file().lease));
  if (order.remove) {
    txn.success.push_back({etcd::Operation::Kind::remove, key, {}});
  } else {
    patroni::SyncValue value;
    value.leader = order.leader;
    value.voters = order.standbys;
    txn.success.push_back({etcd::Operation::Kind::put, key, patroni::write_sync_value(value)});
  }
  write(order.id, txn);
}

void AgentHost::carry_out(const ha::WriteTimeline& order) {
  const std::string key = prefix_ + "tamada/timeline";
  etcd::TxnRequest txn;
  txn.compare.push_back(etcd::Compare::mod_revision_is(key, order.expected));
  txn.compare.push_back(etcd::Compare::lease_is(prefix_ + "leader", lock_->file().lease));
  txn.success.push_back({etcd::Operation::Kind::put, key, std::to_string(order.timeline)});
  write(order.id, txn);
}

void AgentHost::carry_out(const ha::ClearFailover& order) {
  const std::string key = prefix_ + "failover";
  etcd::TxnRequest txn;
  txn.compare.push_back(etcd::Compare::mod_revision_is(key, order.expected));
  txn.success.push_back({etcd::Operation::Kind::put, key, "{}"});
  write(order.id, txn);
}

void AgentHost::claim_initialize(std::uint64_t id) {
  session_->lease_grant(claim_ttl, [this, id](const etcd::Outcome<etcd::LeaseReply>& granted) {
    if (!granted) return apply(ha::WriteEnded{id, ha::WriteEnded::Outcome::cannot_know, 0});
    lock_->set_claim(granted->id);
    etcd::TxnRequest txn;
    txn.compare.push_back(etcd::Compare::absent(prefix_ + "initialize"));
    txn.compare.push_back(etcd::Compare::absent(prefix_ + "leader"));
    txn.success.push_back({etcd::Operation::Kind::put, prefix_ + "initialize", "", granted->id});
    session_->txn(txn, [this, id](const etcd::Outcome<etcd::TxnReply>& reply) {
      // A claim that nobody knows of must end with its lease.
      if (!reply || !reply->succeeded) lock_->set_claim(0);
      wrote(id, reply);
    });
    keep_claim();
  });
}

void AgentHost::keep_claim() {
  if (lock_->claim() == 0) return;
  session_->lease_keepalive(lock_->claim(), [this](const etcd::Outcome<etcd::LeaseReply>& kept) {
    if (kept && kept->ttl <= 0) return lock_->set_claim(0);
    process_.after(2s, [this] { keep_claim(); });
  });
}

void AgentHost::write_initialize(const ha::WriteInitialize& order) {
  const std::string key = prefix_ + "initialize";
  etcd::TxnRequest txn;
  if (lock_->claim() != 0) {
    txn.compare.push_back(etcd::Compare::lease_is(key, lock_->claim()));
  } else {
    txn.compare.push_back(etcd::Compare::absent(key));
  }
  txn.compare.push_back(etcd::Compare::lease_is(prefix_ + "leader", lock_->file().lease));
  txn.success.push_back({etcd::Operation::Kind::put, key, order.system_id});
  write(order.id, txn);
}

void AgentHost::keep_member() {
  const auto again = [this](Duration delay) { process_.after(delay, [this] { keep_member(); }); };
  if (member_lease_ == 0) {
    session_->lease_grant(world_.settings().ttl.count(),
                          [this, again](const etcd::Outcome<etcd::LeaseReply>& granted) {
                            if (!granted) return again(1s);
                            member_lease_ = granted->id;
                            publish();
                            again(world_.settings().loop_wait);
                          });
    return;
  }
  session_->lease_keepalive(member_lease_, [this, again](const etcd::Outcome<etcd::LeaseReply>& kept) {
    if (kept && kept->ttl <= 0) member_lease_ = 0;
    again(kept && kept->ttl > 0 ? world_.settings().loop_wait : 1s);
    write_status();
  });
}

void AgentHost::publish() {
  if (member_lease_ == 0 || is_publishing_) return;
  patroni::MemberValue value;
  value.conn_url = "postgres://" + name_ + ":5432/postgres";
  value.api_url = "http://" + name_ + ":8008/patroni";
  value.version = "4.1.4";
  const bool is_up = last_look_.kind == ha::ServerKind::primary || last_look_.kind == ha::ServerKind::standby;
  value.state = is_up ? "running" : "stopped";
  value.role = last_look_.kind == ha::ServerKind::primary ? "primary" : "replica";
  value.pause = known_settings_.pause;
  if (is_up && last_look_.timeline != 0) value.timeline = last_look_.timeline;
  const bool stands_back = tags_.nofailover || decider_->state(process_.now()).has_diverged;
  value.tags = stands_back ? patroni::MemberTags({{"nofailover", true}})
                           : patroni::MemberTags({{"failover_priority", tags_.failover_priority},
                                                  {"sync_priority", tags_.sync_priority}});
  const std::string text = patroni::write_member_value(value);
  if (text == member_key_.text && member_lease_ == member_key_.lease) return;
  is_publishing_ = true;
  const std::string key = prefix_ + "members/" + name_;
  etcd::TxnRequest txn;
  txn.compare.push_back(etcd::Compare::mod_revision_is(key, member_key_.mod_revision));
  txn.success.push_back({etcd::Operation::Kind::put, key, text, member_lease_});
  session_->txn(txn, [this, text, lease = member_lease_](const etcd::Outcome<etcd::TxnReply>& reply) {
    is_publishing_ = false;
    if (!reply) {
      if (reply.error().fault == etcd::RpcFault::lease_not_found) member_lease_ = 0;
      return;
    }
    if (!reply->succeeded) return mirror_->read();
    const std::int64_t revision = reply->header.revision;
    if (revision > member_key_.as_of) member_key_ = {text, lease, revision, revision};
  });
}

void AgentHost::saw_member_key(const ha::StoreView& view) {
  // What was written may be newer than what the watch has told; a store that went back knows less than before.
  const bool went_back = view.store_id != memory_.store_id || view.revision < memory_.revision;
  if (view.revision < member_key_.as_of && !went_back) return;
  const auto key = mirror_->keys().member(name_);
  member_key_ = key ? MemberKey{key->text, key->lease, key->mod_revision, view.revision}
                    : MemberKey{{}, 0, 0, view.revision};
}

void AgentHost::write_status() {
  if (!holds_lock() || last_look_.kind != ha::ServerKind::primary || !last_look_.written) return;
  if (*last_look_.written == status_written_) return;
  status_written_ = *last_look_.written;
  session_->put({prefix_ + "status", "{\"optime\":" + std::to_string(status_written_) + "}"},
                [](const etcd::Outcome<etcd::PutReply>&) {});
}

}  // namespace tamada::simulation
