#include "router/stats/haproxy/haproxy_rows.h"

#include <algorithm>
#include <utility>

#include "router/stats/haproxy/haproxy_names.h"
#include "router/stats/haproxy/haproxy_row_writer.h"
#include "router/stats/haproxy/haproxy_sums.h"
#include "router/stats/words.h"

namespace tamada::router {
namespace {

std::uint64_t seconds(Duration span) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(span).count()));
}

void add_times(RowWriter& out, const TimeStats& wait, const TimeStats& connect, const TimeStats& first_answer,
               const TimeStats& session) {
  out.u32(Column::qtime, wait.average_ms);
  out.u32(Column::ctime, connect.average_ms);
  out.u32(Column::rtime, first_answer.average_ms);
  out.u32(Column::ttime, session.average_ms);
  out.u32(Column::qtime_max, wait.max_ms);
  out.u32(Column::ctime_max, connect.max_ms);
  out.u32(Column::rtime_max, first_answer.max_ms);
  out.u32(Column::ttime_max, session.max_ms);
}

// Builds the rows of a snapshot.
class TableBuilder {
 public:
  TableBuilder(const StatsSnapshot& snapshot, const RenderOptions& options)
      : snapshot_(snapshot), options_(options) {}

  HaproxyTable build() {
    const std::vector<std::string> proxies = proxy_names(snapshot_);
    for (const std::string& name : server_names(snapshot_)) servers_.push_back(keep(name));
    std::size_t rows = 2;
    for (const ListenerStats& listener : snapshot_.listeners) rows += listener.routes.size() + 2;
    table_.rows.reserve(rows);
    for (std::size_t i = 0; i < snapshot_.listeners.size(); ++i) {
      const ListenerStats& listener = snapshot_.listeners[i];
      const std::string_view proxy = keep(proxies[i]);
      const ListenerSums sums = sum_up(listener);
      add_frontend(listener, proxy);
      const std::size_t routes = std::min(listener.routes.size(), snapshot_.nodes.size());
      for (std::size_t k = 0; k < routes; ++k) {
        add_server(listener, proxy, listener.routes[k], snapshot_.nodes[k], servers_[k]);
      }
      add_backend(listener, proxy, sums);
    }
    if (options_.port) add_port(*options_.port);
    return std::move(table_);
  }

 private:
  std::string_view keep(std::string text) {
    table_.texts.push_back(std::move(text));
    return table_.texts.back();
  }

  HaproxyRow& add_row(RowKind kind, std::string_view proxy, std::string_view name, std::uint32_t iid,
                      std::uint32_t sid, bool http) {
    HaproxyRow& row = table_.rows.emplace_back();
    row.kind = kind;
    row.iid = iid;
    row.sid = sid;
    row.http = http;
    row.proxy = proxy;
    row.name = name;
    RowWriter out(row);
    out.text(Column::pxname, proxy);
    out.text(Column::svname, name);
    out.u32(Column::pid, 1);
    out.u32(Column::iid, iid);
    out.u32(Column::sid, sid);
    out.u32(Column::type, static_cast<std::uint64_t>(kind));
    out.text(Column::mode, http ? "http" : "tcp");
    out.zeros({Column::dresp, Column::eint, Column::wrew});
    return row;
  }

  void set_status(HaproxyRow& row, ServerStatus status, std::string_view word) {
    row.status = status;
    RowWriter(row).text(Column::status, word);
  }

  void add_bytes(RowWriter& out, std::uint64_t up, std::uint64_t down) {
    out.u64(Column::bin, up);
    out.u64(Column::bout, down);
    out.u64(Column::reqbin, up);
    out.u64(Column::reqbout, up);
    out.u64(Column::resbin, down);
    out.u64(Column::resbout, down);
  }

  void add_frontend(const ListenerStats& listener, std::string_view proxy) {
    HaproxyRow& row = add_row(RowKind::frontend, proxy, "FRONTEND", listener.id.value, 0, false);
    const bool open = listener.configured && snapshot_.process.listening;
    set_status(row, open && !listener.paused ? ServerStatus::up : ServerStatus::down,
               !open             ? "STOP"
               : listener.paused ? "PAUSED"
                                 : "OPEN");
    RowWriter out(row);
    const std::uint32_t clients = listener.sessions + listener.held + listener.queued + listener.arriving;
    out.u32(Column::scur, clients);
    out.u32(Column::smax, std::max({clients, listener.clients_max, listener.sessions_max}));
    out.u32(Column::slim,
            listener.max_connections > 0 ? listener.max_connections : snapshot_.process.clients_max);
    out.u64(Column::stot, listener.accepted);
    add_bytes(out, listener.up_bytes, listener.down_bytes);
    out.u64(Column::ereq, listener.bad_starts);
    out.u32(Column::rate, listener.rate);
    out.u32(Column::rate_max, listener.rate_max);
    out.u32(Column::rate_lim, 0);
    out.u32(Column::req_rate, 0);
    out.u32(Column::req_rate_max, 0);
    out.u32(Column::conn_rate, listener.rate);
    out.u32(Column::conn_rate_max, listener.rate_max);
    out.u64(Column::conn_tot, listener.accepted);  // those that were denied are among them
    out.u64(Column::dcon, listener.denied);
    out.u64(Column::sess_other, listener.accepted);
    out.zeros({Column::dreq, Column::dses, Column::comp_in, Column::comp_out, Column::comp_byp,
               Column::comp_rsp, Column::h1sess, Column::h2sess, Column::h3sess, Column::req_other,
               Column::h1req, Column::h2req, Column::h3req});
  }

  void add_server(const ListenerStats& listener, std::string_view proxy, const RouteStats& route,
                  const NodeStats& node, std::string_view name) {
    HaproxyRow& row = add_row(RowKind::server, proxy, name, listener.id.value, route.node.value, false);
    ServerStanding standing = standing_of(listener, route, node, options_.standby_status);
    set_status(row, standing.status, name_of(standing.status));
    RowWriter out(row);
    out.zeros({Column::wredis, Column::reuse});
    for (const Column column : {Column::qcur, Column::qmax, Column::srv_icur, Column::idle_conn_cur,
                                Column::safe_conn_cur, Column::priv_idle_cur, Column::srid}) {
      out.u32(column, 0);
    }
    out.u32(Column::scur, route.sessions);
    out.u32(Column::smax, std::max(route.sessions, route.sessions_max));
    if (listener.node_max_connections > 0) out.u32(Column::slim, listener.node_max_connections);
    out.u64(Column::econ, route.connect_errors);
    out.u32(Column::act, route.backup ? 0 : 1);
    out.u32(Column::bck, route.backup ? 1 : 0);
    out.u64(Column::chkfail, node.check.failures);
    out.u64(Column::chkdown, route.times_down);
    out.u32(Column::lastchg, since(route.since));
    out.u32(Column::downtime, seconds(route.downtime));
    out.u32(Column::rate_max, route.rate_max);
    add_counted(out, route);
    out.u32(Column::used_conn_cur, route.sessions);
    out.u32(Column::need_conn_est, route.sessions);
    if (options_.show_addresses && node.view.postgres.is_set()) {
      out.text(Column::addr, keep(node.view.postgres.to_string()));
    }
    if (standing.check_status.empty()) return;
    out.text(Column::check_status, standing.check_status);
    if (standing.check_code) out.u32(Column::check_code, *standing.check_code);
    if (node.check.at) out.u64(Column::check_duration, static_cast<std::uint64_t>(to_ms(node.check.took)));
    out.text(Column::last_chk, keep(std::move(standing.last_check)));
    out.text(Column::check_desc, standing.check_desc);
    out.u32(Column::check_rise, check_rise);
    out.u32(Column::check_fall, node.check.fall);
    out.u32(Column::check_health, standing.health);
  }

  // What a server's row and the row of all its listener's servers have alike: RouteStats and ListenerSums.
  template <class Counted>
  void add_counted(RowWriter& out, const Counted& counted) {
    out.u64(Column::stot, counted.sessions_total);
    add_bytes(out, counted.up_bytes, counted.down_bytes);
    out.u64(Column::eresp, counted.response_errors);
    out.u64(Column::wretr, counted.retried);
    out.u32(Column::weight, counted.weight);
    out.u32(Column::uweight, counted.weight);
    out.u64(Column::lbtot, counted.granted);
    out.u64(Column::connect, counted.granted);
    out.u32(Column::rate, counted.rate);
    out.u64(Column::cli_abrt, counted.client_aborts);
    out.u64(Column::srv_abrt, counted.server_aborts);
    out.s32(Column::lastsess, last_session(counted.last_session));
    add_times(out, counted.wait, counted.connect, counted.first_answer, counted.session);
  }

  void add_backend(const ListenerStats& listener, std::string_view proxy, const ListenerSums& sums) {
    HaproxyRow& row = add_row(RowKind::backend, proxy, "BACKEND", listener.id.value, 0, false);
    set_status(row, sums.fit > 0 ? ServerStatus::up : ServerStatus::down, sums.fit > 0 ? "UP" : "DOWN");
    RowWriter out(row);
    const std::uint32_t waiting = listener.held + listener.queued;
    out.u32(Column::qcur, waiting);
    out.u32(Column::qmax, std::max(waiting, listener.waiting_max));
    out.u32(Column::scur, listener.sessions);
    out.u32(Column::smax, std::max(listener.sessions, listener.sessions_max));
    out.u32(Column::slim,
            listener.max_connections > 0 ? listener.max_connections : snapshot_.process.clients_max);
    // Clients that were told an error because there was no server: HAProxy counts them as connection errors
    // of the backend, too.
    out.u64(Column::econ, sums.connect_errors + listener.refused);
    out.u32(Column::act, sums.active);
    out.u32(Column::bck, sums.backups);
    out.u64(Column::chkdown, listener.times_down);
    out.u32(Column::lastchg, since(listener.since));
    out.u32(Column::downtime, seconds(listener.downtime));
    out.u32(Column::rate_max, listener.rate_max);
    add_counted(out, sums);
    if (options_.show_addresses) out.text(Column::algo, name_of(listener.balance));
    out.zeros({Column::dreq, Column::wredis, Column::reuse, Column::comp_in, Column::comp_out,
               Column::comp_byp, Column::comp_rsp, Column::agg_server_status, Column::agg_server_check_status,
               Column::agg_check_status});
  }

  void add_port(const StatsListenerCounters& port) {
    for (const RowKind kind : {RowKind::frontend, RowKind::backend}) {
      const bool front = kind == RowKind::frontend;
      HaproxyRow& row = add_row(kind, stats_proxy, front ? "FRONTEND" : "BACKEND", stats_iid, 0, true);
      set_status(row, ServerStatus::up, front ? "OPEN" : "UP");
      RowWriter out(row);
      // As in HAProxy, whose applet answers in the frontend: the backend never sees a session.
      out.u32(Column::scur, front ? port.connections : 0);
      out.u32(Column::smax, front ? port.connections_max : 0);
      out.u32(Column::slim, port.max_connections);
      out.u64(Column::stot, front ? port.accepted : 0);
      add_bytes(out, front ? port.in_bytes : 0, front ? port.out_bytes : 0);
      out.u64(Column::dreq, front ? port.denied : 0);
      out.u32(Column::rate, front ? port.rate : 0);
      out.u32(Column::rate_max, front ? port.rate_max : 0);
      for (std::size_t i = 0; i < port.by.size(); ++i) {
        const auto column = static_cast<Column>(static_cast<std::size_t>(Column::hrsp_1xx) + i);
        out.u64(column, front ? port.by[i] : 0);
      }
      out.u64(Column::req_tot, front ? port.requests : 0);
      out.zeros({Column::comp_in, Column::comp_out, Column::comp_byp, Column::comp_rsp, Column::cache_lookups,
                 Column::cache_hits, Column::cache_hint_hits});
      if (front) {
        add_port_frontend(out, port);
      } else {
        add_port_backend(out);
      }
    }
  }

  void add_port_frontend(RowWriter& out, const StatsListenerCounters& port) {
    out.u64(Column::ereq, port.bad);
    out.u32(Column::rate_lim, 0);
    out.u32(Column::req_rate, port.request_rate);
    out.u32(Column::req_rate_max, port.request_rate_max);
    out.u32(Column::conn_rate, port.rate);
    out.u32(Column::conn_rate_max, port.rate_max);
    out.u64(Column::conn_tot, port.accepted);
    out.u64(Column::intercepted, port.requests);
    out.u64(Column::h1sess, port.accepted);
    out.u64(Column::h1req, port.requests);
    out.zeros({Column::dcon, Column::dses, Column::sess_other, Column::h2sess, Column::h3sess,
               Column::req_other, Column::h2req, Column::h3req});
  }

  void add_port_backend(RowWriter& out) {
    for (const Column column :
         {Column::qcur, Column::qmax, Column::weight, Column::act, Column::bck, Column::uweight}) {
      out.u32(column, 0);
    }
    out.zeros({Column::econ, Column::eresp, Column::wretr, Column::wredis, Column::chkdown, Column::lbtot,
               Column::cli_abrt, Column::srv_abrt, Column::connect, Column::reuse, Column::agg_server_status,
               Column::agg_server_check_status, Column::agg_check_status});
    out.u32(Column::lastchg, since(snapshot_.process.started));
    out.s32(Column::lastsess, -1);
    add_times(out, {}, {}, {}, {});
  }

  [[nodiscard]] std::uint64_t since(TimePoint at) const {
    return seconds(snapshot_.now - (at == TimePoint{} ? snapshot_.process.started : at));
  }
  [[nodiscard]] std::int64_t last_session(const std::optional<TimePoint>& at) const {
    return at ? static_cast<std::int64_t>(seconds(snapshot_.now - *at)) : -1;
  }

  const StatsSnapshot& snapshot_;
  const RenderOptions& options_;
  HaproxyTable table_;
  std::vector<std::string_view> servers_;
};

}  // namespace

HaproxyTable haproxy_table(const StatsSnapshot& snapshot, const RenderOptions& options) {
  return TableBuilder(snapshot, options).build();
}

}  // namespace tamada::router
