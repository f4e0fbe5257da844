// The sessions of listeners that are none of writers in ClusterView::Impl: whose must end, and what is told
// of lag and streaming.
#include <fmt/format.h>

#include <utility>

#include "router/cluster/cluster_view_impl.h"

namespace tamada::router {
namespace {

double seconds(Duration span) {
  return static_cast<double>(to_ms(span)) / 1000;
}

}  // namespace

void ClusterView::Impl::tell_stream(Watched& node) {
  const bool lost = node.told.lost_stream;
  if (lost == node.before.lost_stream) return;
  const std::string& name = node.belief.name();
  if (node.stream.replication() == Replication::in_archive_recovery) {
    fact(FactKind::node_stream, name, name + " does not stream from the leader: it is in archive recovery",
         true);
  } else if (lost) {
    fact(FactKind::node_stream, name, name + " does not stream from the leader", true);
  } else if (node.belief.newest()->body.role != patroni::NodeRole::primary) {
    fact(FactKind::node_stream, name, name + " follows the leader again");
  }
}

void ClusterView::Impl::settle_read_sessions() {
  for (const auto& node : nodes_) {
    const NodeBelief& belief = node->belief;
    const NodeTold& before = node->before;
    NodeTold& told = node->told;
    if (belief.newest()) {
      told.is_primary = belief.newest()->body.role == patroni::NodeRole::primary;
      told.noloadbalance = belief.newest()->body.tags.noloadbalance;
    }
    told.failed = belief.has_failed();
    told.lost_stream = node->stream.is_lost();
    const bool is_known = !before.face.empty();
    const bool promoted = is_known && told.is_primary && !before.is_primary && !node->replaced;
    const bool failed_now = told.failed && !before.failed;
    const bool lost_now = told.lost_stream && !before.lost_stream;
    const bool noloadbalance_now = belief.newest() && told.noloadbalance && !before.noloadbalance;
    const bool primary = belief.newest() && told.is_primary;
    tell_stream(*node);
    for (const ListenerPolicy& listener : policy_.listeners) {
      if (listener.is_write()) continue;
      const auto cut = [&](CutCause cause, std::string why) {
        ledger_.cut(listener.id, belief.id(), cause, std::move(why));
      };
      const bool reads =
          listener.to == Target::replica || listener.to == Target::sync || listener.to == Target::async;
      if (failed_now && listener.on_fail == Ending::cut) cut(CutCause::failed, belief.name() + " has failed");
      if (promoted && reads && listener.on_promote == Ending::cut) {
        cut(CutCause::promoted, belief.name() + " was promoted");
      }
      if (noloadbalance_now && listener.on_lag == Ending::cut) {
        cut(CutCause::lagging, belief.name() + " has noloadbalance");
      }
      if (lost_now && listener.require_streaming && listener.on_lag == Ending::cut) {
        cut(CutCause::lagging, belief.name() + " does not stream from the leader");
      }
      bool& lags = node->lags[listener.id];
      LagLimit& limit = node->limits[listener.id];
      const bool lags_now =
          !primary && (listener.max_lag_time ? limit.judge(node->lag_time, listener.max_lag_time)
                                             : limit.judge(node->lag, listener.max_lag));
      if (lags_now == lags) continue;
      lags = lags_now;
      const std::string much =
          listener.max_lag_time
              ? fmt::format("{:.1f} s behind, more than the {:.1f} s", seconds(node->lag_time.value_or(0s)),
                            seconds(*listener.max_lag_time))
              : fmt::format("{} bytes behind, more than the {}", node->lag.value_or(0),
                            listener.max_lag.value_or(0));
      fact(FactKind::node_lag, belief.name(),
           lags ? fmt::format("{} is {} of {}: no new sessions", belief.name(), much, listener.name)
                : fmt::format("{} has caught up for {}", belief.name(), listener.name),
           lags);
      if (lags && listener.on_lag == Ending::cut)
        cut(CutCause::lagging, belief.name() + " lags too far behind");
    }
    node->replaced = false;
  }
}

}  // namespace tamada::router
