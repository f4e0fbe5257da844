// StatQuery: which part of HAProxy's table somebody wants, and in which format. Read from the address of the
// statistics page ("/;csv;norefresh", "/?;csv;scope=write", "/haproxy?stats;csv") or from the words of the
// socket's `show stat`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "router/stats/haproxy/haproxy_rows.h"

namespace tamada::router {

struct StatQuery {
  enum class Format : std::uint8_t { csv, typed, json };
  Format format = Format::csv;
  bool describe = false;    // `desc`: typed lines end with what the column is
  bool up = false;          // leave out servers that get and have no sessions: DOWN, MAINT
  bool no_maint = false;    // leave out servers in maintenance
  std::string scope;        // only proxies with this in their name, in any case; empty: all
  std::string proxy;        // only this proxy; empty: all
  std::int64_t iid = -1;    // only this proxy; -1: all
  std::int64_t types = -1;  // a mask of 1 << RowKind; -1: all
  std::int64_t sid = -1;    // only this server; -1: all

  [[nodiscard]] bool wants(const HaproxyRow& row) const;
};

// What the address of a request to the statistics page asks for. HAProxy looks for its words anywhere behind
// the path, each after a semicolon; so does this. Without a format's word it is for the page.
enum class PageFormat : std::uint8_t { page, csv, typed, json, json_schema };
struct PageQuery {
  PageFormat format = PageFormat::page;
  bool norefresh = false;
  StatQuery rows;
};
[[nodiscard]] PageQuery parse_page_query(std::string_view target);

// The words after `show stat`: [<iid>|<proxy>] <type mask> <sid>, then any of up, no-maint, typed, json,
// desc. Unknown words are ignored, as HAProxy does.
[[nodiscard]] StatQuery parse_show_stat(std::span<const std::string_view> words);

}  // namespace tamada::router
