// Where Patroni keeps a cluster in its store (dcs/__init__.py of Patroni). What stands there: member_value.h, sync_value.h, ...
#pragma once

#include <string>
#include <string_view>

namespace tamada::patroni {

// "/service/patroni/leader": `prefix` is Patroni's `namespace`, `scope` its cluster, `name` the key: leader, failover, sync,
// config, members/NAME, ... Repeated slashes are one, as in Patroni.
[[nodiscard]] std::string key_path(const std::string& prefix, const std::string& scope,
                                   const std::string& name);

// What stands under `initialize`: the identifier of the database system, or nothing while a node makes one.
[[nodiscard]] bool is_system_identifier(std::string_view value);  // at least ten digits, as Patroni judges it

}  // namespace tamada::patroni
