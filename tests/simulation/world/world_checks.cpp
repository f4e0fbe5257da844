// What must never be, looked at as it could happen.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/patroni/failover_value.h"
#include "tests/simulation/world/world.h"

namespace tamada::simulation {
namespace {

// A machine that thaws runs its guard and its backends at the same time: what they do in this moment is the part that no
// process on the node can prevent.
constexpr Duration thaw_moment = 250ms;

}  // namespace

void World::fail(const std::string& words) {
  tell("NEVER", words);
  if (breach_.empty()) breach_ = words;
}

patroni::SyncValue World::sync_key() const {
  const etcd::KeyValue* key = etcd_.store().find(std::string(prefix) + "sync");
  return key == nullptr ? patroni::SyncValue{} : patroni::read_sync_value(key->value).value;
}

void World::check_leaders() {
  if (scheduler_.now() >= paused_since_ || is_forced_) return;  // an operator may promote by hand
  std::vector<std::string> leaders;
  for (const auto& [name, node] : nodes_) {
    if (!node.server->takes_writes()) continue;
    const auto thawed = thawed_at_.find(name);
    if (thawed != thawed_at_.end() && scheduler_.now() < thawed->second + thaw_moment) continue;
    leaders.push_back(name);
  }
  const etcd::KeyValue* key = etcd_.store().find(std::string(prefix) + "leader");
  const bool is_strangers = key != nullptr && key->lease == impostor_lease_ &&
                            scheduler_.now() < impostor_until_ &&
                            scheduler_.now() > etcd_reset_at_ + settings().ttl;
  if (is_strangers) leaders.push_back("a stranger");
  if (leaders.size() > 1) fail(fmt::format("{} and {} take writes at the same time", leaders[0], leaders[1]));
}

void World::write_row() {
  scheduler_.after(options_.write_interval, [this] { write_row(); });
  for (auto& [name, node] : nodes_) {
    if (node.server->takes_writes()) node.server->write(++last_row_, [] {});
  }
}

void World::acknowledged(ServerModel& server, std::uint64_t row) {
  const patroni::SyncValue key = sync_key();
  const bool is_synchronous = !key.is_empty() && key.is_leader(server.name()) && settings().synchronous_mode;
  acknowledged_.push_back({row, is_synchronous && !has_double_timeline_});
  if (!is_synchronous || has_double_timeline_) return;
  for (const std::string& name : key.voters) {
    const ServerModel* standby = this->server(name);
    if (standby != nullptr && standby->has_data() && !standby->wal().has(row)) {
      fail(fmt::format(
          "/sync names {}, which lacks row {} that {} acknowledged (it is at {}, that waits for '{}')", name,
          row, server.name(), standby->wal().end(), fmt::join(server.synchronous_names(), " ")));
    }
  }
}

void World::believed(const std::string& name, const ha::LockReport& report) {
  if (report.outcome != ha::LockReport::Outcome::held || scheduler_.now() < etcd_reset_at_ + settings().ttl)
    return;
  // An etcd that revokes a lease before its end (see EtcdModel) breaks what it has answered: who was answered before that
  // cannot know. Whether two take writes because of it is looked at all the same.
  const std::optional<std::int64_t> revoked_early = etcd_.revoked_early_at(report.lease);
  if (revoked_early && report.revision < *revoked_early) return;
  const std::optional<TimePoint> end = etcd_.lease_end(report.lease);
  if (scheduler_.now() < report.valid_until && (!end || *end < report.valid_until)) {
    fail(fmt::format("{} believes that it holds the lock for longer than etcd keeps it", name));
  }
}

void World::promoted(ServerModel& server) {
  ++promotions_;
  const patroni::SyncValue key = sync_key();
  tell(server.name(), fmt::format("PROMOTED to timeline {}; /sync: leader '{}', standbys '{}'",
                                  server.wal().timeline, key.leader, fmt::join(key.voters, " ")));
  // Whoever names a node of their choice, and no leader, takes what it has; also where a pause begins meanwhile, or somebody
  // asks for something else before it is promoted.
  const bool is_chosen = is_named(server.name()) || was_named_[server.name()];
  if (is_chosen) {
    // A leader whose guard was off in a pause, and that nobody reaches, may go on: that was the operator's choice, too.
    if (was_paused_) is_forced_ = true;
    for (Row& row : acknowledged_) row.must_stay = row.must_stay && server.wal().has(row.row);
  }
  // A store that was wiped has forgotten which timelines there were, and who knew them may not be reached: two of one
  // number cannot be told apart, by PostgreSQL neither.
  const bool is_double = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& one) {
    return one.first != server.name() && one.second.server->wal().timeline == server.wal().timeline;
  });
  if (is_double && etcd_reset_at_ != TimePoint{}) {
    for (Row& row : acknowledged_) row.must_stay = false;
    tell(server.name(), "there is another timeline of this number");
    has_double_timeline_ = true;
  }
  if (scheduler_.now() >= paused_since_) return;
  if (lock_holder() != server.name() && scheduler_.now() > etcd_reset_at_ + settings().ttl) {
    fail(fmt::format("{} is promoted without the lock, which '{}' holds", server.name(), lock_holder()));
  }
  if (!has_double_timeline_) check_votes(server);
  if (is_chosen) return;
  std::set<std::uint64_t> rows;
  for (const WalRecord& record : server.wal().records) rows.insert(record.row);
  for (Row& row : acknowledged_) {
    if (!rows.contains(row.row)) {
      if (row.must_stay) {
        return fail(
            fmt::format("{} is promoted without row {}, which was acknowledged", server.name(), row.row));
      }
    }
  }
}

bool World::is_named(const std::string& name) const {
  const etcd::KeyValue* failover = etcd_.store().find(std::string(prefix) + "failover");
  if (failover == nullptr) return false;
  const patroni::FailoverValue value = patroni::read_failover_value(failover->value).value;
  return !value.leader && value.candidate == name;
}

void World::counted(const std::string& name, std::map<std::string, Lsn> votes) {
  votes_[name] = std::move(votes);
  was_named_[name] = is_named(name);
}

// A voter whose receiver had gone has received nothing since but from whom it voted for, or from whoever led in between.
void World::check_votes(const ServerModel& server) {
  for (const auto& [name, position] : votes_[server.name()]) {
    const Wal& theirs = this->server(name)->wal();
    if (theirs.end() <= position || server.wal().common(theirs) == theirs.records.size()) continue;
    fail(fmt::format("{} is promoted, and {}, which voted with {}, has received up to {} since",
                     server.name(), name, position, theirs.end()));
  }
}

void World::replaced(ServerModel& server) {
  // What would be destroyed must stand somewhere else.
  for (const Row& row : acknowledged_) {
    if (!row.must_stay || !server.wal().has(row.row)) continue;
    const bool is_elsewhere = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& one) {
      return one.first != server.name() && one.second.server->has_data() &&
             one.second.server->wal().has(row.row);
    });
    if (!is_elsewhere) {
      return fail(
          fmt::format("the data of {} are replaced, the only ones with row {}", server.name(), row.row));
    }
  }
}

void World::released(const std::string& name) {
  if (server(name)->takes_writes() && scheduler_.now() < paused_since_) {
    fail(fmt::format("{} releases the lock while its server takes writes", name));
  }
}

void World::begins(const std::string& name, const ha::Action& action, bool knows_pause) {
  // An operator's restart and copy are allowed, and so is a look.
  if (!knows_pause) return;
  const bool is_allowed = action.kind == ha::ActionKind::restart || action.kind == ha::ActionKind::clone ||
                          action.kind == ha::ActionKind::promote ||
                          action.kind == ha::ActionKind::check_divergence;
  if (!is_allowed) fail(fmt::format("{} begins {} in pause", name, ha::name_of(action.kind)));
}

}  // namespace tamada::simulation
