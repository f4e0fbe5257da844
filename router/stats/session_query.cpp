#include "router/stats/session_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <tuple>

namespace tamada::router {
namespace {

using Sort = SessionQuery::Sort;

constexpr std::array<std::string_view, 12> sort_names{"began",       "client",      "listener", "node",
                                                      "up_bytes",    "down_bytes",  "user",     "database",
                                                      "application", "backend_pid", "wait",     "phase"};

std::optional<unsigned> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  const char lower = static_cast<char>(digit | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
  return std::nullopt;
}

// Of application/x-www-form-urlencoded. A "%" without two digits stands for itself.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (high && low) {
        result += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    result += text[i] == '+' ? ' ' : text[i];
  }
  return result;
}

Result<std::size_t> number(std::string_view name, const std::string& text, std::size_t least,
                           std::size_t most) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return fail(ErrorKind::invalid,
                fmt::format("{}: \"{}\"; expected a number from {} to {}", name, text, least, most));
  }
  return value;
}

// Sets what one "name=value" says.
Result<void> apply(SessionQuery& query, const std::string& name, const std::string& value) {
  if (name == "search") {
    query.search = value;
  } else if (name == "listener") {
    query.listener = value;
  } else if (name == "node") {
    query.node = value;
  } else if (name == "sort") {
    const auto* found = std::find(sort_names.begin(), sort_names.end(), value);
    if (found == sort_names.end()) {
      return fail(ErrorKind::invalid,
                  fmt::format("sort: \"{}\"; expected one of {}", value, fmt::join(sort_names, ", ")));
    }
    query.sort = static_cast<Sort>(found - sort_names.begin());
  } else if (name == "order") {
    if (value != "asc" && value != "desc") {
      return fail(ErrorKind::invalid, fmt::format("order: \"{}\"; expected asc or desc", value));
    }
    query.descending = value == "desc";
  } else if (name == "limit") {
    const auto limit = number(name, value, 1, SessionQuery::max_limit);
    if (!limit) return tl::make_unexpected(limit.error());
    query.limit = *limit;
  } else if (name == "offset") {
    const auto offset = number(name, value, 0, 1'000'000'000);
    if (!offset) return tl::make_unexpected(offset.error());
    query.offset = *offset;
  } else {
    return fail(
        ErrorKind::invalid,
        fmt::format("\"{}\" is no parameter; expected search, listener, node, sort, order, limit or offset",
                    name));
  }
  return {};
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
}

bool contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool matches_text(const SessionStats& session, std::string_view part) {
  if (part.empty()) return true;
  for (const std::string* text : {&session.client, &session.listener, &session.node, &session.server,
                                  &session.phase, &session.user, &session.database, &session.application}) {
    if (contains(*text, part)) return true;
  }
  return (session.backend_pid != 0 && contains(std::to_string(session.backend_pid), part)) ||
         (session.server_side_port != 0 && contains(std::to_string(session.server_side_port), part)) ||
         contains(text_of(session.id), part);
}

// Less than 0, 0, more than 0.
template <class T>
int compared(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

int compared(Sort sort, const SessionStats& a, const SessionStats& b) {
  switch (sort) {
    case Sort::began:
      return compared(a.began, b.began);
    case Sort::client:
      return compared(a.client, b.client);
    case Sort::listener:
      return compared(a.listener, b.listener);
    case Sort::node:
      return compared(a.node, b.node);
    case Sort::up_bytes:
      return compared(a.up_bytes, b.up_bytes);
    case Sort::down_bytes:
      return compared(a.down_bytes, b.down_bytes);
    case Sort::user:
      return compared(a.user, b.user);
    case Sort::database:
      return compared(a.database, b.database);
    case Sort::application:
      return compared(a.application, b.application);
    case Sort::backend_pid:
      return compared(a.backend_pid, b.backend_pid);
    case Sort::wait:
      return compared(a.wait, b.wait);
    case Sort::phase:
      return compared(a.phase, b.phase);
  }
  return 0;
}

}  // namespace

Result<SessionQuery> SessionQuery::parse(std::string_view query) {
  SessionQuery result;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string value = decoded(pair.substr(std::min(pair.size(), equals + 1)));
    if (const auto done = apply(result, decoded(pair.substr(0, equals)), value); !done) {
      return tl::make_unexpected(done.error());
    }
  }
  return result;
}

std::vector<const SessionStats*> SessionQuery::matches(const SessionList& list) const {
  std::vector<const SessionStats*> found;
  for (const SessionStats& session : list.sessions) {
    if (!listener.empty() && session.listener != listener) continue;
    if (!node.empty() && session.node != node) continue;
    if (matches_text(session, search)) found.push_back(&session);
  }
  // Sessions that are alike in what is sorted by keep one order, so that pages do not overlap.
  std::sort(found.begin(), found.end(), [this](const SessionStats* a, const SessionStats* b) {
    const int order = compared(sort, *a, *b);
    if (order != 0) return descending ? order > 0 : order < 0;
    return a->id < b->id;
  });
  return found;
}

std::string text_of(SessionId id) {
  return fmt::format("{}.{}", id.worker, id.number);
}

Result<SessionId> session_id(std::string_view text) {
  SessionId id;
  const char* const end = text.data() + text.size();
  const auto worker = std::from_chars(text.data(), end, id.worker);
  if (worker.ec == std::errc{} && worker.ptr != end && *worker.ptr == '.') {
    const auto rest = std::from_chars(worker.ptr + 1, end, id.number);
    if (rest.ec == std::errc{} && rest.ptr == end) return id;
  }
  return fail(ErrorKind::invalid,
              fmt::format("\"{}\" is no session; expected WORKER.NUMBER as in GET /api/v1/sessions", text));
}

}  // namespace tamada::router
