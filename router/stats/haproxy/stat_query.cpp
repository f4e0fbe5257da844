#include "router/stats/haproxy/stat_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace tamada::router {
namespace {

char lower(char sign) {
  return sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign - 'A' + 'a') : sign;
}

bool contains_any_case(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct FormatWord {
  std::string_view word;
  PageFormat format;
};
// HAProxy tries them in this order; "json-schema" before "json", which it contains.
constexpr std::array<FormatWord, 4> format_words{{{";csv", PageFormat::csv},
                                                  {";typed", PageFormat::typed},
                                                  {";json-schema", PageFormat::json_schema},
                                                  {";json", PageFormat::json}}};

// HAProxy keeps so much of a scope (STAT_SCOPE_TXT_MAXLEN).
constexpr std::size_t max_scope = 20;

}  // namespace

bool StatQuery::wants(const HaproxyRow& row) const {
  if (iid != -1 && iid != static_cast<std::int64_t>(row.iid)) return false;
  if (!proxy.empty() && proxy != row.proxy) return false;
  if (!scope.empty() && !contains_any_case(row.proxy, scope)) return false;
  if (types != -1 && (types & (std::int64_t{1} << static_cast<int>(row.kind))) == 0) return false;
  if (row.kind != RowKind::server) return true;
  if (sid != -1 && sid != static_cast<std::int64_t>(row.sid)) return false;
  if (row.status == ServerStatus::maint && (up || no_maint)) return false;
  return !(up && row.status == ServerStatus::down);
}

PageQuery parse_page_query(std::string_view target) {
  PageQuery query;
  const auto has = [&](std::string_view word) { return target.find(word) != std::string_view::npos; };
  for (const FormatWord& candidate : format_words) {
    if (query.format == PageFormat::page && has(candidate.word)) query.format = candidate.format;
  }
  query.norefresh = has(";norefresh");
  query.rows.up = has(";up");
  query.rows.no_maint = has(";no-maint");
  query.rows.format = query.format == PageFormat::json    ? StatQuery::Format::json
                      : query.format == PageFormat::typed ? StatQuery::Format::typed
                                                          : StatQuery::Format::csv;
  constexpr std::string_view scope_word = "scope=";
  if (const std::size_t at = target.find(scope_word); at != std::string_view::npos) {
    const std::string_view rest = target.substr(at + scope_word.size());
    query.rows.scope = rest.substr(0, std::min(rest.find_first_of(";& "), max_scope));
  }
  return query;
}

StatQuery parse_show_stat(std::span<const std::string_view> words) {
  StatQuery query;
  std::size_t next = 0;
  if (words.size() >= 3) {
    const std::optional<std::int64_t> types = number(words[1]);
    const std::optional<std::int64_t> sid = number(words[2]);
    if (types && sid) {
      query.types = *types;
      query.sid = *sid;
      if (const std::optional<std::int64_t> iid = number(words[0])) {
        query.iid = *iid;
      } else {
        query.proxy = words[0];
      }
      next = 3;
    }
  }
  for (; next < words.size(); ++next) {
    const std::string_view word = words[next];
    if (word == "json") query.format = StatQuery::Format::json;
    if (word == "typed") query.format = StatQuery::Format::typed;
    if (word == "desc") query.describe = true;
    if (word == "up") query.up = true;
    if (word == "no-maint") query.no_maint = true;
  }
  return query;
}

}  // namespace tamada::router
