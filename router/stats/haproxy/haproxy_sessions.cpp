#include "router/stats/haproxy/haproxy_sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "common/base/clean_text.h"
#include "router/stats/session_query.h"

namespace tamada::router {
namespace {

constexpr unsigned worker_shift = 48;
constexpr std::uint64_t number_mask = (std::uint64_t{1} << worker_shift) - 1;

// One word, so that lines split at spaces stay in step.
std::string word(std::string_view text) {
  std::string out = clean_text(text);
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

// "17s", "3m20s", "2h0m", "4d3h": HAProxy's two largest units.
std::string age_words(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{}h{}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d{}h", seconds / 86400, seconds / 3600 % 24);
}

void add_session(std::string& out, const SessionList& list, const SessionStats& session) {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(list.now - session.began);
  const std::string listener = word(session.listener);
  fmt::format_to(
      std::back_inserter(out),
      "{}: proto={} src={} fe={} be={} srv={} ts=00 epoch=0 age={} calls=0 rate=0 cpu=0 lat=0 "
      "rq[f=0h,i=0,an=00h,rx=,wx=,ax=] rp[f=0h,i=0,an=00h,rx=,wx=,ax=] scf=[8,0h,fd=-1] scb=[8,0h,fd=-1] "
      "exp= rc=0 c_exp= phase={} wait={}ms in={} out={}",
      haproxy_session_id(session.id), session.client.starts_with('[') ? "tcpv6" : "tcpv4",
      word(session.client), listener, listener, session.node.empty() ? "<none>" : word(session.node),
      age_words(std::max<std::int64_t>(0, age.count())), session.phase, to_ms(session.wait), session.up_bytes,
      session.down_bytes);
  if (!session.server.empty()) fmt::format_to(std::back_inserter(out), " dst={}", session.server);
  if (!session.user.empty()) fmt::format_to(std::back_inserter(out), " user={}", word(session.user));
  if (!session.database.empty()) fmt::format_to(std::back_inserter(out), " db={}", word(session.database));
  if (!session.application.empty())
    fmt::format_to(std::back_inserter(out), " app={}", word(session.application));
  if (session.backend_pid != 0) fmt::format_to(std::back_inserter(out), " pid={}", session.backend_pid);
  out += '\n';
}

}  // namespace

std::string haproxy_session_id(SessionId id) {
  return fmt::format("0x{:x}", (std::uint64_t{id.worker} << worker_shift) | (id.number & number_mask));
}

std::optional<SessionId> parse_haproxy_session_id(std::string_view text) {
  if (!text.starts_with("0x")) {
    const Result<SessionId> id = session_id(text);
    return id ? std::optional(*id) : std::nullopt;
  }
  text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return SessionId{static_cast<std::uint32_t>(value >> worker_shift), value & number_mask};
}

std::string show_sessions(const SessionList& list) {
  std::string out;
  out.reserve(list.sessions.size() * 400);
  for (const SessionStats& session : list.sessions) add_session(out, list, session);
  return out;
}

std::string show_session(const SessionList& list, SessionId id) {
  for (const SessionStats& session : list.sessions) {
    if (session.id != id) continue;
    std::string out;
    add_session(out, list, session);
    return out;
  }
  return "Session not found.\n";
}

}  // namespace tamada::router
