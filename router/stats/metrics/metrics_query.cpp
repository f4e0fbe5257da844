#include "router/stats/metrics/metrics_query.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tamada::router {
namespace {

struct ScopeWord {
  std::string_view word;
  std::uint8_t scopes;
};
constexpr std::array<ScopeWord, 10> scope_words{{{"global", MetricsQuery::global},
                                                 {"frontend", MetricsQuery::frontend},
                                                 {"backend", MetricsQuery::backend},
                                                 {"server", MetricsQuery::server},
                                                 {"tamada", MetricsQuery::tamada},
                                                 {"listener", MetricsQuery::nothing},
                                                 {"sticktable", MetricsQuery::nothing},
                                                 {"resolver", MetricsQuery::nothing},
                                                 {"*", MetricsQuery::all},
                                                 {"", 0}}};

std::optional<int> hex(char sign) {
  if (sign >= '0' && sign <= '9') return sign - '0';
  if (sign >= 'a' && sign <= 'f') return sign - 'a' + 10;
  if (sign >= 'A' && sign <= 'F') return sign - 'A' + 10;
  return std::nullopt;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const std::optional<int> high = hex(text[i + 1]);
      const std::optional<int> low = hex(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    out += text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

// Calls with each part between separators, empty ones included.
template <class Call>
void for_each_part(std::string_view text, char separator, Call call) {
  while (true) {
    const std::size_t end = text.find(separator);
    call(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

void add_filters(MetricsQuery& query, std::string_view names) {
  for_each_part(names, ',', [&](std::string_view name) {
    if (name.empty()) return;
    if (name.front() == '-') {
      query.except.emplace_back(name.substr(1));
    } else {
      query.only.emplace_back(name);
    }
  });
}

}  // namespace

bool MetricsQuery::wants(std::string_view metric) const {
  if (std::find(except.begin(), except.end(), metric) != except.end()) return false;
  return only.empty() || std::find(only.begin(), only.end(), metric) != only.end();
}

Result<MetricsQuery> parse_metrics_query(std::string_view text) {
  MetricsQuery query;
  bool scoped = false;
  std::optional<Error> error;
  for_each_part(text, '&', [&](std::string_view part) {
    const std::size_t equals = part.find('=');
    const std::string key = decoded(part.substr(0, equals));
    const std::string value = equals == std::string_view::npos ? "" : decoded(part.substr(equals + 1));
    if (key == "no-maint") query.no_maint = true;
    if (key == "metrics") add_filters(query, value);
    if (key != "scope") return;
    const auto known = std::find_if(scope_words.begin(), scope_words.end(),
                                    [&](const ScopeWord& word) { return word.word == value; });
    if (equals == std::string_view::npos || known == scope_words.end()) {
      error =
          Error{ErrorKind::invalid,
                "scope: expected \"=\" and one of global, frontend, listener, backend, server, sticktable, "
                "resolver, tamada, * or nothing"};
      return;
    }
    if (!std::exchange(scoped, true) || value.empty()) query.scopes = 0;
    query.scopes |= known->scopes;
  });
  if (error) return tl::make_unexpected(*std::move(error));
  return query;
}

}  // namespace tamada::router
