// A snapshot as HAProxy's table: for each listener a proxy with the rows FRONTEND, its nodes, BACKEND; last
// the statistics listener itself as the proxy `stats`. CSV, JSON and HAProxy's metrics are three ways to
// write this table.
//
// What cannot be known stays empty, as in HAProxy; what HAProxy counts and cannot happen here is 0.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "router/stats/haproxy/haproxy_columns.h"
#include "router/stats/haproxy/haproxy_status.h"
#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

struct HaproxyValue {
  enum class Type : std::uint8_t { empty, u32, u64, s32, text };
  Type type = Type::empty;
  std::uint64_t number = 0;  // s32: as two's complement
  std::string_view text;
  [[nodiscard]] std::int64_t as_signed() const { return static_cast<std::int64_t>(number); }
  [[nodiscard]] bool is_set() const { return type != Type::empty; }
};

struct HaproxyRow {
  RowKind kind = RowKind::frontend;
  std::uint32_t iid = 0;
  std::uint32_t sid = 0;  // 0: the proxy itself
  bool http = false;      // the statistics listener
  std::string_view proxy;
  std::string_view name;
  ServerStatus status = ServerStatus::up;  // of a frontend: up or down
  std::array<HaproxyValue, column_count> values{};

  [[nodiscard]] const HaproxyValue& at(Column column) const {
    return values[static_cast<std::size_t>(column)];
  }
};

// Not copied: rows look into the texts, and into the snapshot, which must outlive the table.
struct HaproxyTable {
  std::vector<HaproxyRow> rows;
  std::deque<std::string> texts;

  HaproxyTable() = default;
  HaproxyTable(const HaproxyTable&) = delete;
  HaproxyTable& operator=(const HaproxyTable&) = delete;
  HaproxyTable(HaproxyTable&&) = default;
  HaproxyTable& operator=(HaproxyTable&&) = default;
};

[[nodiscard]] HaproxyTable haproxy_table(const StatsSnapshot& snapshot, const RenderOptions& options);

}  // namespace tamada::router
