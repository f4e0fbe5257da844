// HAProxy's own metrics (its "promex"): the rows of the CSV, turned by 90 degrees. What HAProxy's exporter
// does where a value is missing is kept: NaN, or no series where the thing itself is missing (checks of a
// server in maintenance, HTTP of a TCP proxy).
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "router/stats/haproxy/haproxy_info.h"
#include "router/stats/haproxy/haproxy_rows.h"
#include "router/stats/metrics/prometheus.h"

namespace tamada::router {
namespace {

// The states of HAProxy's status metrics. NOLB never happens here.
struct StateWord {
  std::string_view word;
  ServerStatus status;
};
constexpr std::array<StateWord, 4> server_states{{{"DOWN", ServerStatus::down},
                                                  {"UP", ServerStatus::up},
                                                  {"MAINT", ServerStatus::maint},
                                                  {"DRAIN", ServerStatus::drain}}};
constexpr std::string_view nolb = "NOLB";

std::string_view word_of(MetricKind kind) {
  return kind == MetricKind::counter ? "counter" : "gauge";
}

struct Kind {
  RowKind kind;
  std::uint8_t bit;
  MetricsQuery::Scope scope;
  std::string_view prefix;
};
constexpr std::array<Kind, 3> kinds{
    {{RowKind::frontend, of_frontend, MetricsQuery::frontend, "haproxy_frontend_"},
     {RowKind::backend, of_backend, MetricsQuery::backend, "haproxy_backend_"},
     {RowKind::server, of_server, MetricsQuery::server, "haproxy_server_"}}};

// A row of one kind with its labels, and for a backend its servers.
struct LabelledRow {
  const HaproxyRow* row;
  Labels labels;
  std::vector<const HaproxyRow*> servers;
};

class HaproxyMetrics {
 public:
  HaproxyMetrics(MetricsText& out, const StatsSnapshot& snapshot, const MetricsQuery& query,
                 const RenderOptions& options)
      : out_(out), query_(query), table_(haproxy_table(snapshot, options)) {}

  void add(const Kind& kind) {
    const std::vector<LabelledRow> rows = rows_of(kind.kind);
    for (std::size_t i = 0; i < column_count; ++i) {
      const HaproxyColumn& column = haproxy_columns[i];
      if (column.kind == MetricKind::none || (column.metric_rows & kind.bit) == 0) continue;
      if (kind.kind == RowKind::server && column.http_only) continue;
      const bool counts = column.kind == MetricKind::counter || column.kind == MetricKind::responses;
      if (!out_.begin(kind.prefix, column.metric, counts ? "counter" : "gauge", column.words)) continue;
      for (const LabelledRow& row : rows) add_sample(static_cast<Column>(i), column, row);
    }
  }

 private:
  std::vector<LabelledRow> rows_of(RowKind kind) const {
    std::vector<LabelledRow> rows;
    std::vector<const HaproxyRow*> servers;
    for (const HaproxyRow& row : table_.rows) {
      if (row.kind == RowKind::frontend) servers.clear();
      if (row.kind == RowKind::server) servers.push_back(&row);
      if (row.kind != kind) continue;
      if (kind == RowKind::server) {
        if (query_.no_maint && row.status == ServerStatus::maint) continue;
        rows.push_back({&row, {{"proxy", row.proxy}, {"server", row.name}}, {}});
      } else {
        rows.push_back(
            {&row, {{"proxy", row.proxy}}, kind == RowKind::backend ? servers : decltype(servers){}});
      }
    }
    return rows;
  }

  void add_sample(Column id, const HaproxyColumn& column, const LabelledRow& row) {
    if (column.http_only && !row.row->http) return;
    const HaproxyValue& value = row.row->at(id);
    switch (column.kind) {
      case MetricKind::states:
        add_states(id, row);
        return;
      case MetricKind::responses:
        add_responses(row);
        return;
      case MetricKind::milliseconds:
        if (value.is_set()) {
          out_.sample(row.labels, static_cast<double>(value.number) / 1000);
        } else {
          out_.unavailable(row.labels);
        }
        return;
      case MetricKind::none:
      case MetricKind::gauge:
      case MetricKind::counter:
        break;
    }
    if (id == Column::check_code) {
      // HAProxy's exporter says 0 where there is a check but no code.
      if (row.row->at(Column::check_status).is_set()) out_.sample(row.labels, value.number);
    } else if (!value.is_set()) {
      out_.unavailable(row.labels);
    } else if (value.type == HaproxyValue::Type::s32) {
      out_.sample(row.labels, value.as_signed());
    } else {
      out_.sample(row.labels, value.number);
    }
  }

  void add_states(Column id, const LabelledRow& row) {
    switch (id) {
      case Column::status:
        if (row.row->kind == RowKind::server) {
          for (const StateWord& state : server_states) {
            out_.state(row.labels, state.word, row.row->status == state.status ? 1 : 0);
          }
          out_.state(row.labels, nolb, 0);
        } else {
          const bool up = row.row->status == ServerStatus::up;
          out_.state(row.labels, "DOWN", up ? 0 : 1);
          out_.state(row.labels, "UP", up ? 1 : 0);
        }
        return;
      case Column::check_status: {
        const HaproxyValue& status = row.row->at(Column::check_status);
        if (!status.is_set()) return;
        for (std::size_t i = 0; i < check_states; ++i) {
          out_.state(row.labels, check_words[i].status, check_words[i].status == status.text ? 1 : 0);
        }
        return;
      }
      case Column::agg_check_status:
        if (row.row->http) return;
        for (std::size_t i = 0; i < check_states; ++i) {
          out_.state(row.labels, check_words[i].status, count(row, [&](const HaproxyRow& server) {
                       return server.at(Column::check_status).text == check_words[i].status;
                     }));
        }
        return;
      default:  // agg_server_status, under both its names
        if (row.row->http) return;
        for (const StateWord& state : server_states) {
          out_.state(row.labels, state.word,
                     count(row, [&](const HaproxyRow& server) { return server.status == state.status; }));
        }
        out_.state(row.labels, nolb, 0);
        return;
    }
  }

  template <class Predicate>
  static std::uint64_t count(const LabelledRow& row, Predicate predicate) {
    return static_cast<std::uint64_t>(
        std::count_if(row.servers.begin(), row.servers.end(),
                      [&](const HaproxyRow* server) { return predicate(*server); }));
  }

  void add_responses(const LabelledRow& row) {
    constexpr std::array<std::string_view, 6> codes{"1xx", "2xx", "3xx", "4xx", "5xx", "other"};
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const auto column = static_cast<Column>(static_cast<std::size_t>(Column::hrsp_1xx) + i);
      out_.sample(row.labels.with("code", codes[i]), row.row->at(column).number);
    }
  }

  MetricsText& out_;
  const MetricsQuery& query_;
  HaproxyTable table_;
};

void add_process(MetricsText& out, const StatsSnapshot& snapshot, const RenderOptions& options) {
  const InfoTable table = info_table(snapshot, options);
  for (std::size_t i = 0; i < info_count; ++i) {
    const InfoField& field = info_fields[i];
    if (field.kind == MetricKind::none) continue;
    if (!out.begin("haproxy_process_", field.metric, word_of(field.kind), field.words)) continue;
    if (field.metric == "build_info") {
      out.sample({{"version", spoken_version(snapshot.process.version)}}, std::uint64_t{1});
    } else {
      out.sample({}, table.values[i].number);
    }
  }
}

}  // namespace

void add_haproxy_metrics(MetricsText& out, const StatsSnapshot& snapshot, const MetricsQuery& query,
                         const RenderOptions& options) {
  if ((query.scopes & MetricsQuery::global) != 0) add_process(out, snapshot, options);
  constexpr std::uint8_t tables = MetricsQuery::frontend | MetricsQuery::backend | MetricsQuery::server;
  if ((query.scopes & tables) == 0) return;
  HaproxyMetrics metrics(out, snapshot, query, options);
  for (const Kind& kind : kinds) {
    if ((query.scopes & kind.scope) != 0) metrics.add(kind);
  }
}

}  // namespace tamada::router
