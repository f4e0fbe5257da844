// RowWriter: fills the columns of one row.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "router/stats/haproxy/haproxy_rows.h"

namespace tamada::router {

// Columns that nobody fills stay empty. Texts must outlive the row.
class RowWriter {
 public:
  explicit RowWriter(HaproxyRow& row) : row_(row) {}

  void u32(Column column, std::uint64_t value) { set(column, HaproxyValue::Type::u32, value); }
  void u64(Column column, std::uint64_t value) { set(column, HaproxyValue::Type::u64, value); }
  void s32(Column column, std::int64_t value) {
    set(column, HaproxyValue::Type::s32, static_cast<std::uint64_t>(value));
  }
  void text(Column column, std::string_view value) { slot(column) = {HaproxyValue::Type::text, 0, value}; }
  void zeros(std::initializer_list<Column> columns) {
    for (const Column column : columns) u64(column, 0);
  }

 private:
  HaproxyValue& slot(Column column) { return row_.values[static_cast<std::size_t>(column)]; }
  void set(Column column, HaproxyValue::Type type, std::uint64_t value) { slot(column) = {type, value, {}}; }

  HaproxyRow& row_;
};

}  // namespace tamada::router
