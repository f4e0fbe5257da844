// The commands of the run-time socket that change something.
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "router/api/runtime/runtime_answers.h"
#include "router/api/runtime/runtime_server.h"
#include "router/stats/haproxy/haproxy_sessions.h"

namespace tamada::router::runtime_answers {

namespace {

Action action_at(Action::Kind kind, const RuntimeServer& server) {
  Action action;
  action.kind = kind;
  action.node = server.node_name();
  action.listener = server.listener->name;
  return action;
}

CommandReply administer(const RuntimeServer& server, AdminState state) {
  CommandReply reply;
  reply.action = action_at(Action::Kind::administer, server);
  reply.action->state = state;
  return reply;
}

// `disable server b/s` and the like: the server is the argument, the state is given.
CommandReply administer_named(const CommandInput& input, AdminState state) {
  const auto server = find_server(*input.snapshot, input.argument(0));
  return server ? administer(*server, state) : say(server.error().message);
}

CommandReply weigh(const RuntimeServer& server, std::string_view text) {
  const auto weight = parse_weight(text);
  if (!weight) return say(weight.error().message);
  CommandReply reply;
  reply.action = action_at(Action::Kind::set_weight, server);
  reply.action->weight = *weight;
  return reply;
}

CommandReply set_state(const RuntimeServer& server, const CommandInput& input) {
  struct Row {
    std::string_view word;
    AdminState state;
  };
  constexpr std::array<Row, 3> states{
      {{"ready", AdminState::ready}, {"drain", AdminState::drain}, {"maint", AdminState::maintenance}}};
  for (const Row& row : states) {
    if (row.word == input.argument(2)) return administer(server, row.state);
  }
  return say("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
}

CommandReply set_server_weight(const RuntimeServer& server, const CommandInput& input) {
  return weigh(server, input.argument(2));
}

// addr IP [port P]: the node's PostgreSQL, on every listener, until it is taken back with `addr configured`
// or the router starts again.
CommandReply set_address(const RuntimeServer& server, const CommandInput& input) {
  constexpr std::string_view by = " by 'stats socket command'\n";
  const std::string_view ip = input.argument(2);
  if (ip.empty()) return say("set server <b>/<s> addr requires an address and optionally a port.\n");
  CommandReply reply;
  reply.action = action_at(Action::Kind::set_address, server);
  reply.action->listener.clear();
  if (ip == "configured") {
    reply.text = fmt::format("address as configured again{}", by);
    return reply;
  }
  const Address& before = server.node->view.postgres;
  const auto wanted = Address::from_ip(ip, before.port());
  if (!wanted) return say(fmt::format("Invalid addr '{}'{}", ip, by));
  Address after = *wanted;
  const bool same_ip = before.is_set() && before.same_ip(after);
  std::string text = same_ip ? "no need to change the addr"
                             : fmt::format("IP changed from '{}' to '{}'", before.ip(), after.ip());
  if (input.argument(3) == "port") {
    const std::string_view digits = input.argument(4);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
      return say(fmt::format("nothing changed, problem converting port '{}' to an int{}", digits, by));
    }
    text += port == before.port() ? ", no need to change the port"
                                  : fmt::format(", port changed from '{}' to '{}'", before.port(), port);
    after = after.with_port(port);
  }
  if (after.port() == 0) return say("the port is not known yet; say addr IP port PORT\n");
  if (before.is_set() && before == after) return say(fmt::format("{}{}", text, by));
  reply.action->address = after;
  reply.text = fmt::format("{}{}", text, by);
  return reply;
}

// What HAProxy can set at a server. Without a function: what there is to say instead.
struct ServerSetting {
  std::string_view word;
  CommandReply (*run)(const RuntimeServer& server, const CommandInput& input);
  std::string_view instead;
};
constexpr std::string_view no_agent = "agent checks are not enabled on this server.\n";
constexpr std::string_view no_check =
    "not supported: how nodes are checked stands in the configuration (checks, cluster.nodes).\n";
constexpr std::array<ServerSetting, 12> server_settings{{
    {"addr", set_address, ""},
    {"agent", nullptr, no_agent},
    {"agent-addr", nullptr, no_agent},
    {"agent-port", nullptr, no_agent},
    {"agent-send", nullptr, no_agent},
    {"check-addr", nullptr, no_check},
    {"check-port", nullptr, no_check},
    {"fqdn", nullptr,
     "not supported: names are looked up again by themselves; change cluster.nodes instead.\n"},
    {"health", nullptr,
     "not supported: a node's health is what its answers say; use state drain or maint.\n"},
    {"ssl", nullptr, "not supported: TLS goes through to the server as it is.\n"},
    {"state", set_state, ""},
    {"weight", set_server_weight, ""},
}};

}  // namespace

CommandReply set_server(const CommandInput& input) {
  const auto server = find_server(*input.snapshot, input.argument(0));
  if (!server) return say(server.error().message);
  for (const ServerSetting& setting : server_settings) {
    if (setting.word != input.argument(1)) continue;
    return setting.run != nullptr ? setting.run(*server, input) : say(std::string(setting.instead));
  }
  return say(
      "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr "
      "| "
      "check-port | fqdn | health | ssl | state | weight\n");
}

CommandReply set_weight(const CommandInput& input) {
  const auto server = find_server(*input.snapshot, input.argument(0));
  return server ? weigh(*server, input.argument(1)) : say(server.error().message);
}

CommandReply disable_server(const CommandInput& input) {
  return administer_named(input, AdminState::maintenance);
}

CommandReply enable_server(const CommandInput& input) {
  return administer_named(input, AdminState::ready);
}

CommandReply shutdown_session(const CommandInput& input) {
  const auto id = parse_haproxy_session_id(input.argument(0));
  if (!id) return say("Session pointer expected (use 'show sess').\n");
  CommandReply reply;
  reply.action.emplace();
  reply.action->kind = Action::Kind::end_session;
  reply.action->session = *id;
  reply.not_found = "No such session (use 'show sess').\n";
  return reply;
}

CommandReply shutdown_sessions(const CommandInput& input) {
  const auto server = find_server(*input.snapshot, input.argument(0));
  if (!server) return say(server.error().message);
  CommandReply reply;
  reply.action = action_at(Action::Kind::end_sessions, *server);
  return reply;
}

CommandReply clear_counters(const CommandInput& input) {
  const bool all = input.argument(0) == "all";
  if (all && input.level < SocketLevel::admin) return say(std::string(permission_denied));
  CommandReply reply;
  reply.action.emplace();
  reply.action->kind = all ? Action::Kind::clear_counters : Action::Kind::clear_maxima;
  return reply;
}

CommandReply set_timeout(const CommandInput& input) {
  if (input.argument(0) != "cli") return say("'set timeout' only supports 'cli'.\n");
  const std::string_view text = input.argument(1);
  if (text.empty()) return say("Expects an integer value.\n");
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  struct Unit {
    std::string_view name;
    std::uint32_t seconds;
  };
  constexpr std::array<Unit, 5> units{{{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};
  constexpr std::uint64_t longest = 86400;
  for (const Unit& each : units) {
    const std::uint64_t seconds = std::uint64_t{number} * each.seconds;
    if (error != std::errc{} || each.name != unit || seconds < 1 || seconds > longest) continue;
    CommandReply reply;
    reply.timeout = std::chrono::seconds(seconds);
    return reply;
  }
  return say("Invalid timeout value.\n");
}

CommandReply lower_to_operator(const CommandInput&) {
  CommandReply reply;
  reply.lower_to = SocketLevel::operator_;
  return reply;
}

CommandReply lower_to_user(const CommandInput&) {
  CommandReply reply;
  reply.lower_to = SocketLevel::user;
  return reply;
}

CommandReply prompt(const CommandInput&) {
  CommandReply reply;
  reply.toggle_prompt = true;
  return reply;
}

CommandReply quit(const CommandInput&) {
  CommandReply reply;
  reply.quit = true;
  return reply;
}

}  // namespace tamada::router::runtime_answers
