#include "router/cluster/fact.h"

#include <algorithm>
#include <array>

namespace tamada::router {
namespace {

// clang-format off
constexpr std::array<FactTraits, 39> table{{
    {FactKind::leader_confirmed, "leader.confirmed", FailoverUse::milestone},
    {FactKind::leader_unconfirmed, "leader.unconfirmed", FailoverUse::milestone},
    {FactKind::leader_lost, "leader.lost", FailoverUse::milestone},
    {FactKind::leader_waiting, "leader.waiting", FailoverUse::milestone},
    {FactKind::leader_key, "leader.key", FailoverUse::milestone, SignWhen::about_another},
    {FactKind::leader_in_pause, "leader.in_pause"},
    {FactKind::node_role, "node.role", FailoverUse::step, SignWhen::about_leader},
    {FactKind::node_silent, "node.silent", FailoverUse::step, SignWhen::about_leader},
    {FactKind::node_unanswered, "node.unanswered", FailoverUse::step, SignWhen::about_leader},
    {FactKind::node_back, "node.back", FailoverUse::step},
    {FactKind::node_failed, "node.failed", FailoverUse::step, SignWhen::about_leader},
    {FactKind::node_vouched, "node.vouched", FailoverUse::step},
    {FactKind::node_hint, "node.hint", FailoverUse::step, SignWhen::about_leader},
    {FactKind::node_refused, "node.refused", FailoverUse::step, SignWhen::about_leader},
    {FactKind::node_accepted, "node.accepted"},
    {FactKind::node_replaced, "node.replaced", FailoverUse::step, SignWhen::about_leader},
    {FactKind::node_name, "node.name"},
    {FactKind::node_connects, "node.connects"},
    {FactKind::node_no_connection, "node.no_connection"},
    {FactKind::node_stream, "node.stream"},
    {FactKind::node_lag, "node.lag"},
    {FactKind::node_admin, "node.admin"},
    {FactKind::node_removed, "node.removed"},
    {FactKind::node_gone, "node.gone"},
    {FactKind::claim_conflict, "claim.conflict", FailoverUse::step, SignWhen::always},
    {FactKind::claim_vetoed, "claim.vetoed", FailoverUse::step, SignWhen::always},
    {FactKind::cluster_learned, "cluster.learned"},
    {FactKind::cluster_adopted, "cluster.adopted"},
    {FactKind::cluster_dispute, "cluster.dispute", FailoverUse::step},
    {FactKind::cluster_paused, "cluster.paused"},
    {FactKind::cluster_resumed, "cluster.resumed"},
    {FactKind::switchover_announced, "switchover.announced", FailoverUse::step, SignWhen::always},
    {FactKind::switchover_called_off, "switchover.called_off", FailoverUse::step},
    {FactKind::etcd_heard, "etcd.heard"},
    {FactKind::etcd_silent, "etcd.silent"},
    {FactKind::config_applied, "config.applied"},
    {FactKind::config_refused, "config.refused"},
    {FactKind::router_stalled, "router.stalled"},
    {FactKind::router_stop, "router.stop", FailoverUse::step},
}};
// clang-format on

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].kind) != i) return false;
  }
  return true;
}
static_assert(is_in_order(), "the table has the order of FactKind");

struct FormerName {
  std::string_view name;
  FactKind kind;
};
constexpr std::array<FormerName, 2> former_names{
    {{"node.smell", FactKind::node_hint}, {"node.recycled", FactKind::node_replaced}}};

}  // namespace

const FactTraits& traits_of(FactKind kind) {
  return table[static_cast<std::size_t>(kind)];
}

std::string_view name_of(FactKind kind) {
  return traits_of(kind).name;
}

std::optional<FactKind> fact_kind_of(std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const FactTraits& traits) { return traits.name == name; });
  if (found != table.end()) return found->kind;
  const auto former = std::find_if(former_names.begin(), former_names.end(),
                                   [&](const FormerName& one) { return one.name == name; });
  return former == former_names.end() ? std::nullopt : std::optional(former->kind);
}

std::span<const FactTraits> all_fact_kinds() {
  return table;
}

}  // namespace tamada::router
