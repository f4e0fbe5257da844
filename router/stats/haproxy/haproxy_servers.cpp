#include "router/stats/haproxy/haproxy_servers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "router/stats/haproxy/haproxy_names.h"
#include "router/stats/haproxy/haproxy_status.h"

namespace tamada::router {
namespace {

// HAProxy's numbers (management guide, "show servers state", and its check.h, which the guide refers to).
enum OperationalState { stopped = 0, running = 2 };
enum AdminFlag { forced_maintenance = 1, forced_drain = 8 };
enum CheckResult { unknown = 0, failed = 2, passed = 3, passed_on_conditions = 4 };
constexpr unsigned check_configured_and_enabled = 6;
constexpr unsigned check_paused = 8;

struct CheckNumber {
  std::string_view status;
  unsigned number;
  CheckResult result;
};
constexpr std::array<CheckNumber, 18> check_numbers{{{"UNK", 0, unknown},
                                                     {"INI", 1, unknown},
                                                     {"HANA", 4, failed},
                                                     {"SOCKERR", 5, failed},
                                                     {"L4OK", 6, passed},
                                                     {"L4TOUT", 7, failed},
                                                     {"L4CON", 8, failed},
                                                     {"L6OK", 9, passed},
                                                     {"L6TOUT", 10, failed},
                                                     {"L6RSP", 11, failed},
                                                     {"L7TOUT", 12, failed},
                                                     {"L7RSP", 13, failed},
                                                     {"L7OK", 15, passed},
                                                     {"L7OKC", 16, passed_on_conditions},
                                                     {"L7STS", 17, failed},
                                                     {"PROCERR", 18, failed},
                                                     {"PROCTOUT", 19, failed},
                                                     {"PROCOK", 20, passed}}};

CheckNumber number_of(std::string_view status) {
  const auto found = std::find_if(check_numbers.begin(), check_numbers.end(),
                                  [&](const CheckNumber& row) { return row.status == status; });
  return found == check_numbers.end() ? check_numbers.front() : *found;
}

std::string word(std::string_view name) {
  std::string out{name};
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

// The port of "http://patroni1:8008"; 0 if it names none.
unsigned port_of(std::string_view url) {
  const std::size_t colon = url.rfind(':');
  unsigned port = 0;
  if (colon != std::string_view::npos) std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
  return port;
}

void add_server(std::string& out, const StatsSnapshot& snapshot, const ListenerStats& listener,
                std::string_view proxy, const RouteStats& route, const NodeStats& node, std::string_view name,
                StandbyStatus standby) {
  const ServerStanding standing = standing_of(listener, route, node, standby);
  const bool runs = standing.status == ServerStatus::up || standing.status == ServerStatus::drain;
  const bool maintained = standing.status == ServerStatus::maint;
  const bool drained = route.admin == AdminState::drain || node.admin == AdminState::drain;
  const CheckNumber check = number_of(maintained ? node.check.status : standing.check_status);
  const auto changed = std::chrono::duration_cast<std::chrono::seconds>(
      snapshot.now - (route.since == TimePoint{} ? snapshot.process.started : route.since));
  const Address& address = node.view.postgres;
  const unsigned check_port = port_of(node.view.api_url);
  fmt::format_to(
      std::back_inserter(out), "{} {} {} {} {} {} {} {} {} {} {} {} {} {} 0 0 0 - {} - 0 {} - - 0\n",
      listener.id.value, word(proxy), route.node.value, word(name), address.is_set() ? address.ip() : "-",
      runs ? running : stopped, (maintained ? forced_maintenance : 0) | (drained ? forced_drain : 0),
      route.weight, route.weight, std::max<std::int64_t>(0, changed.count()), check.number,
      static_cast<unsigned>(check.result), standing.health,
      check_configured_and_enabled | (maintained ? check_paused : 0), address.is_set() ? address.port() : 0,
      check_port);
}

constexpr std::string_view no_such_backend = "Can't find backend.\n";

bool is_known(const std::vector<std::string>& proxies, std::string_view proxy, const RenderOptions& options) {
  return proxy.empty() || (options.port && proxy == stats_proxy) ||
         std::find(proxies.begin(), proxies.end(), proxy) != proxies.end();
}

}  // namespace

std::string show_servers_state(const StatsSnapshot& snapshot, std::string_view proxy,
                               const RenderOptions& options) {
  const std::vector<std::string> proxies = proxy_names(snapshot);
  const std::vector<std::string> servers = server_names(snapshot);
  if (!is_known(proxies, proxy, options)) return std::string(no_such_backend);
  std::string out =
      "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
      "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
      "srv_agent_state "
      "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
      "srv_agent_addr srv_agent_port\n";
  for (std::size_t i = 0; i < snapshot.listeners.size(); ++i) {
    if (!proxy.empty() && proxy != proxies[i]) continue;
    const ListenerStats& listener = snapshot.listeners[i];
    for (std::size_t k = 0; k < std::min(listener.routes.size(), servers.size()); ++k) {
      add_server(out, snapshot, listener, proxies[i], listener.routes[k], snapshot.nodes[k], servers[k],
                 options.standby_status);
    }
  }
  return out;
}

std::string show_servers_conn(const StatsSnapshot& snapshot, std::string_view proxy,
                              const RenderOptions& options) {
  const std::vector<std::string> proxies = proxy_names(snapshot);
  const std::vector<std::string> servers = server_names(snapshot);
  if (!is_known(proxies, proxy, options)) return std::string(no_such_backend);
  std::string out =
      "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb "
      "idle_lim "
      "idle_cur idle_per_thr[1]\n";
  for (std::size_t i = 0; i < snapshot.listeners.size(); ++i) {
    if (!proxy.empty() && proxy != proxies[i]) continue;
    const ListenerStats& listener = snapshot.listeners[i];
    for (std::size_t k = 0; k < std::min(listener.routes.size(), servers.size()); ++k) {
      const RouteStats& route = listener.routes[k];
      const Address& address = snapshot.nodes[k].view.postgres;
      fmt::format_to(std::back_inserter(out), "{}/{} {}/{} {} {} - 0 {} {} {} 0 0 -1 0 0\n", word(proxies[i]),
                     word(servers[k]), listener.id.value, route.node.value, address.ip(), address.port(),
                     route.sessions, route.sessions_max, route.sessions);
    }
  }
  return out;
}

std::string show_backend(const StatsSnapshot& snapshot, const RenderOptions& options) {
  std::string out = "# name\n";
  for (const std::string& name : proxy_names(snapshot)) out += name + "\n";
  if (options.port) out += std::string(stats_proxy) + "\n";
  return out;
}

}  // namespace tamada::router
