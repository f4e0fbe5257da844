#include "router/shell/failover_key.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "common/wire/json_reader.h"

namespace tamada::router {
namespace {

// Patroni's value is two names and a time.
constexpr std::size_t value_max = 4096;

}  // namespace

FailoverKey::FailoverKey(etcd::Client& client, std::string key, const etcd::WatchOptions& options,
                         const Callback& told)
    : told_(told), watch_(client, std::move(key), options, *this) {}

void FailoverKey::on_value(const std::string& /*key*/, const std::optional<std::string>& value,
                           std::int64_t /*revision*/, TimePoint as_of) {
  told_(planned_change(value, as_of));
}

PlannedChange planned_change(const std::optional<std::string>& value, TimePoint as_of) {
  const PlannedChange nothing{std::nullopt, std::nullopt, as_of};
  if (!value || value->size() > value_max) return nothing;
  const auto parsed = wire::parse_json_object("failover key", *value);
  if (!parsed) return nothing;
  const nlohmann::json& json = *parsed;
  // null and "" are how Patroni leaves a part out, too.
  const auto is_missing = [&](const char* name) {
    const auto part = json.find(name);
    return part == json.end() || part->is_null() ||
           (part->is_string() && part->get_ref<const std::string&>().empty());
  };
  if (!is_missing("scheduled_at")) return nothing;
  PlannedChange change = nothing;
  for (const auto& [name, part] : {std::pair{"leader", &change.from}, {"member", &change.to}}) {
    if (is_missing(name)) continue;
    if (!json[name].is_string()) return nothing;
    *part = json[name].get<std::string>();
    if ((*part)->size() > wire::name_max) return nothing;
  }
  return change;
}

}  // namespace tamada::router
