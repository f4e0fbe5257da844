#include "router/poll/failover_key.h"

#include <utility>

#include "common/patroni/failover_value.h"

namespace tamada::router {

FailoverKey::FailoverKey(etcd::Client& client, std::string key, const etcd::WatchOptions& options,
                         const Callback& told)
    : told_(told), watch_(client, std::move(key), options, *this) {}

void FailoverKey::on_value(const std::string& /*key*/, const std::optional<std::string>& value,
                           std::int64_t /*revision*/, TimePoint as_of) {
  told_(planned_change(value, as_of));
}

PlannedChange planned_change(const std::optional<std::string>& value, TimePoint as_of) {
  const auto announced = value ? patroni::parse_failover_value(*value) : std::nullopt;
  if (!announced || announced->is_scheduled) return {std::nullopt, std::nullopt, as_of};
  return {announced->leader, announced->candidate, as_of};
}

}  // namespace tamada::router
