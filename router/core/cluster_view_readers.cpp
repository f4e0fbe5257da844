// The sessions of listeners that are none of writers in ClusterView::Impl: whose must end, and what is told
// of lag and streaming.
#include <fmt/format.h>

#include <utility>

#include "router/core/cluster_view_impl.h"

namespace tamada::router {
namespace {

double seconds(Duration span) {
  return static_cast<double>(to_ms(span)) / 1000;
}

}  // namespace

void ClusterView::Impl::tell_stream(Watched& node) {
  const bool lost = node.stream.is_lost();
  if (lost == node.told_lost_stream) return;
  node.told_lost_stream = lost;
  const std::string& name = node.belief.name();
  if (node.stream.replication() == Replication::in_archive_recovery) {
    fact("node.stream", name, name + " does not stream from the leader: it is in archive recovery", true);
  } else if (lost) {
    fact("node.stream", name, name + " does not stream from the leader", true);
  } else if (node.belief.newest()->body.role != wire::NodeRole::primary) {
    fact("node.stream", name, name + " follows the leader again");
  }
}

void ClusterView::Impl::settle_read_sessions() {
  for (const auto& node : nodes_) {
    const NodeBelief& belief = node->belief;
    const bool heard = belief.newest().has_value();
    const bool primary = heard && belief.newest()->body.role == wire::NodeRole::primary;
    const bool noloadbalance = heard && belief.newest()->body.tags.noloadbalance;
    const bool promoted = node->was_heard && primary && !node->was_primary && !node->recycled;
    const bool failed_now = belief.failed && !node->told_failed;
    const bool lost_stream = node->stream.is_lost();
    const bool lost_now = lost_stream && !node->told_lost_stream;
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
      if (noloadbalance && !node->was_noloadbalance && listener.on_lag == Ending::cut) {
        cut(CutCause::lagging, belief.name() + " has noloadbalance");
      }
      if (lost_now && listener.require_streaming && listener.on_lag == Ending::cut) {
        cut(CutCause::lagging, belief.name() + " does not stream from the leader");
      }
      bool& lags = node->lags[listener.id];
      LagLimit& limit = node->limits[listener.id];
      const bool lags_now =
          !primary && (listener.max_lag_time ? limit.judge(belief.lag_time, listener.max_lag_time)
                                             : limit.judge(belief.lag, listener.max_lag));
      if (lags_now == lags) continue;
      lags = lags_now;
      const std::string much =
          listener.max_lag_time
              ? fmt::format("{:.1f} s behind, more than the {:.1f} s", seconds(belief.lag_time.value_or(0s)),
                            seconds(*listener.max_lag_time))
              : fmt::format("{} bytes behind, more than the {}", belief.lag.value_or(0),
                            listener.max_lag.value_or(0));
      fact("node.lag", belief.name(),
           lags ? fmt::format("{} is {} of {}: no new sessions", belief.name(), much, listener.name)
                : fmt::format("{} has caught up for {}", belief.name(), listener.name),
           lags);
      if (lags && listener.on_lag == Ending::cut)
        cut(CutCause::lagging, belief.name() + " lags too far behind");
    }
    if (heard) {
      node->was_primary = primary;
      node->was_noloadbalance = noloadbalance;
      node->was_heard = true;
    }
    node->told_failed = belief.failed;
    node->recycled = false;
  }
}

}  // namespace tamada::router
