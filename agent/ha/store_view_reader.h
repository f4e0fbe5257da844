// What the decider needs of a cluster's keys, out of the keys as they are read.
#pragma once

#include "agent/ha/store_view.h"
#include "common/base/time.h"
#include "common/patroni/cluster_keys.h"
#include "common/patroni/member_tags.h"

namespace tamada::ha {

// `as_of`: when the request was sent that proves `keys`; `store_id`: etcd's cluster id. A fail-over that is scheduled is
// not due: whoever has a wall clock says when it is.
[[nodiscard]] StoreView store_view_of(const patroni::ClusterKeys& keys, TimePoint as_of,
                                      std::uint64_t store_id);
[[nodiscard]] NodeTags node_tags_of(const patroni::MemberTags& tags);

}  // namespace tamada::ha
