// The commands of the run-time socket that show something. What others read, too (statistics, the process,
// servers, sessions), is written by router/stats.
#include <fmt/format.h>

#include <array>
#include <chrono>

#include "common/base/clean_text.h"
#include "router/api/runtime/runtime_answers.h"
#include "router/api/runtime/runtime_server.h"
#include "router/stats/haproxy/haproxy_csv.h"
#include "router/stats/haproxy/haproxy_info.h"
#include "router/stats/haproxy/haproxy_json.h"
#include "router/stats/haproxy/haproxy_servers.h"
#include "router/stats/haproxy/haproxy_sessions.h"

namespace tamada::router::runtime_answers {

namespace {

std::vector<std::string_view> arguments(const CommandInput& input) {
  std::vector<std::string_view> found;
  for (std::size_t i = input.own; i < input.words.size(); ++i) found.emplace_back(input.words[i]);
  return found;
}

// Addresses are told from the level operator on, as in HAProxy.
RenderOptions options_for(const CommandInput& input) {
  RenderOptions options = *input.options;
  options.show_addresses = input.level >= SocketLevel::operator_;
  return options;
}

// HAProxy's: "25/Nov/2026:01:41:48.110". In UTC, so that it can be compared with the log.
std::string haproxy_date(WallTime at) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(at);
  const auto day = std::chrono::floor<std::chrono::days>(ms);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(ms - day);
  return fmt::format("{:02}/{}/{:04}:{:02}:{:02}:{:02}.{:03}", static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

// "2026-11-25T01:41:48.110Z"; "-" if it never was.
std::string iso_date(std::optional<WallTime> at) {
  if (!at) return "-";
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(*at);
  const auto day = std::chrono::floor<std::chrono::days>(ms);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(ms - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace

CommandReply get_weight(const CommandInput& input) {
  const auto server = find_server(*input.snapshot, input.argument(0));
  if (!server) return say(server.error().message);
  return say(fmt::format("{} (initial 1)\n", server->route->weight));
}

CommandReply show_backend(const CommandInput& input) {
  return say(router::show_backend(*input.snapshot, *input.options));
}

CommandReply show_cli_level(const CommandInput& input) {
  return say(fmt::format("{}\n", name_of(input.level)));
}

CommandReply show_cli_sockets(const CommandInput& input) {
  std::string text = "# socket lvl processes\n";
  for (const StatsSocket& socket : input.sockets) {
    const std::string place =
        socket.path.empty()
            ? fmt::format("{}@{}", socket.address.host.find(':') == std::string::npos ? "ipv4" : "ipv6",
                          socket.address.to_string())
            : "unix@" + socket.path;
    text += fmt::format("{} {} all\n", place, name_of(socket.level));
  }
  return say(std::move(text));
}

CommandReply show_errors(const CommandInput& input) {
  const std::string_view proxy = input.argument(0);
  const bool all = proxy.empty() || proxy == "request" || proxy == "response";
  if (!all && find_backend(*input.snapshot, proxy) < 0) return say("No such proxy.\n");
  // Nothing is parsed past a client's first packet, so nothing is captured; the log has bad starts.
  return say(fmt::format("Total events captured on [{}] : 0\n", haproxy_date(input.snapshot->wall_now)));
}

CommandReply show_failovers(const CommandInput& input) {
  std::string text =
      "# number,from,to,planned,begun,stood_still_ms,waited,cut,failed,why_gone,why_confirmed\n";
  for (const Failover& failover : input.snapshot->failovers) {
    const auto begun = failover.leader_gone ? failover.leader_gone : failover.first_sign;
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", failover.number, plain_text(failover.from),
                        plain_text(failover.to), failover.planned ? 1 : 0, iso_date(begun),
                        failover.stood_still ? std::to_string(failover.stood_still->count()) : "",
                        failover.waited, failover.cut, failover.failed, plain_text(failover.why_gone),
                        plain_text(failover.why_confirmed));
  }
  return say(std::move(text));
}

CommandReply show_info(const CommandInput& input) {
  return say(router::show_info(*input.snapshot, arguments(input), options_for(input)));
}

CommandReply show_leader(const CommandInput& input) {
  const StatsSnapshot& snapshot = *input.snapshot;
  const LeaderView& leader = snapshot.leader;
  const bool known = leader.node.is_set();
  std::uint64_t waiting = 0;
  for (const ListenerStats& listener : snapshot.listeners) {
    if (listener.is_write()) waiting += std::uint64_t{listener.held} + listener.queued;
  }
  std::string text = fmt::format("leader: {}\n", known ? clean_text(leader.name) : "none");
  const auto since = known ? std::optional(leader.since) : snapshot.leadership.none_since;
  text += fmt::format("since: {}\n", since ? iso_date(snapshot.wall(*since)) : "-");
  text += fmt::format("reason: {}\n", clean_text(leader.reason));
  const auto& timeline = snapshot.leadership.timeline;
  text += fmt::format("timeline: {}\n", timeline ? std::to_string(*timeline) : "-");
  text += fmt::format("waiting: {}\n", waiting);
  for (const std::string& each : snapshot.leadership.evidence)
    text += fmt::format("evidence: {}\n", clean_text(each));
  for (const Disagreement& each : snapshot.disagreements) {
    text += fmt::format("disagreement: {}\n", clean_text(each.words));
  }
  return say(std::move(text));
}

CommandReply show_schema(const CommandInput&) {
  return say(fmt::format("{}\n", haproxy_json_schema()));
}

CommandReply show_servers_conn(const CommandInput& input) {
  return say(router::show_servers_conn(*input.snapshot, input.argument(0), *input.options));
}

CommandReply show_servers_state(const CommandInput& input) {
  return say(router::show_servers_state(*input.snapshot, input.argument(0), *input.options));
}

CommandReply show_sess(const CommandInput& input) {
  const std::string_view wanted = input.argument(0);
  if (wanted.empty() || wanted == "all") return say(show_sessions(*input.sessions));
  const auto id = parse_haproxy_session_id(wanted);
  return say(id ? show_session(*input.sessions, *id) : "Session not found.\n");
}

CommandReply show_stat(const CommandInput& input) {
  return say(router::show_stat(*input.snapshot, arguments(input), options_for(input)));
}

CommandReply show_table(const CommandInput& input) {
  return say(input.argument(0).empty() ? "" : "No such table\n");
}

CommandReply show_version(const CommandInput& input) {
  return say(spoken_version(input.snapshot->process.version) + "\n");
}

}  // namespace tamada::router::runtime_answers
