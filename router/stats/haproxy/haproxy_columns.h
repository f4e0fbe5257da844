// The columns of HAProxy's statistics: their names in CSV order, what they are called as metrics, which rows
// have them. The order is HAProxy's and is never changed: tools count commas. (HAProxy management guide 9.1;
// the newer columns and the names of the metrics are those of HAProxy 3.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tamada::router {

enum class Column : std::uint8_t {
  pxname,
  svname,
  qcur,
  qmax,
  scur,
  smax,
  slim,
  stot,
  bin,
  bout,
  dreq,
  dresp,
  ereq,
  econ,
  eresp,
  wretr,
  wredis,
  status,
  weight,
  act,
  bck,
  chkfail,
  chkdown,
  lastchg,
  downtime,
  qlimit,
  pid,
  iid,
  sid,
  throttle,
  lbtot,
  tracked,
  type,
  rate,
  rate_lim,
  rate_max,
  check_status,
  check_code,
  check_duration,
  hrsp_1xx,
  hrsp_2xx,
  hrsp_3xx,
  hrsp_4xx,
  hrsp_5xx,
  hrsp_other,
  hanafail,
  req_rate,
  req_rate_max,
  req_tot,
  cli_abrt,
  srv_abrt,
  comp_in,
  comp_out,
  comp_byp,
  comp_rsp,
  lastsess,
  last_chk,
  last_agt,
  qtime,
  ctime,
  rtime,
  ttime,
  agent_status,
  agent_code,
  agent_duration,
  check_desc,
  agent_desc,
  check_rise,
  check_fall,
  check_health,
  agent_rise,
  agent_fall,
  agent_health,
  addr,
  cookie,
  mode,
  algo,
  conn_rate,
  conn_rate_max,
  conn_tot,
  intercepted,
  dcon,
  dses,
  wrew,
  connect,
  reuse,
  cache_lookups,
  cache_hits,
  srv_icur,
  src_ilim,
  qtime_max,
  ctime_max,
  rtime_max,
  ttime_max,
  eint,
  idle_conn_cur,
  safe_conn_cur,
  used_conn_cur,
  need_conn_est,
  uweight,
  agg_server_status,
  agg_server_check_status,
  agg_check_status,
  srid,
  sess_other,
  h1sess,
  h2sess,
  h3sess,
  req_other,
  h1req,
  h2req,
  h3req,
  proto,
  priv_idle_cur,
  reqbin,
  reqbout,
  resbin,
  resbout,
  cache_hint_hits,
};
inline constexpr std::size_t column_count = 119;

// HAProxy's numbers for the kinds of rows; the type mask of `show stat` is made of 1 << these.
enum class RowKind : std::uint8_t { frontend = 0, backend = 1, server = 2 };

enum class MetricKind : std::uint8_t {
  none,
  gauge,
  counter,
  milliseconds,  // a gauge; the metric is in seconds
  states,        // a series for each state, 0 or 1 (or a count)
  responses,     // hrsp_1xx to hrsp_other, as one metric with the label `code`
};

// Sets of RowKind.
inline constexpr std::uint8_t of_frontend = 1, of_backend = 2, of_server = 4;

struct HaproxyColumn {
  std::string_view name;
  std::uint8_t rows;        // which rows can have it
  std::string_view tags;    // origin, nature and scope, as in `show stat typed`: "MCP" is a counter
  std::string_view metric;  // after haproxy_frontend_, haproxy_backend_, haproxy_server_; empty: none
  MetricKind kind;
  std::uint8_t metric_rows;  // which rows have the metric
  bool http_only;            // the metric is left out for what is not HTTP
  std::string_view words;    // what it is; Prometheus' HELP and the `desc` of `show stat`
};

// Indexed by Column.
extern const std::array<HaproxyColumn, column_count> haproxy_columns;

[[nodiscard]] inline const HaproxyColumn& describe(Column column) {
  return haproxy_columns[static_cast<std::size_t>(column)];
}

}  // namespace tamada::router
