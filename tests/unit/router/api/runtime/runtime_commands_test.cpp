#include "router/api/runtime/runtime_commands.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "router/api/runtime/command_reader.h"
#include "router/api/runtime/runtime_server.h"
#include "tests/support/a_snapshot.h"

using namespace tamada;
using namespace tamada::router;
using namespace tamada::test;

namespace {

using Words = std::vector<std::string>;

const std::vector<StatsSocket> two_sockets{*parse_stats_socket("/run/x.sock level admin"),
                                           *parse_stats_socket("127.0.0.1:9999 level user")};

CommandReply reply_of(const StatsSnapshot& snapshot, const std::string& command,
                      SocketLevel level = SocketLevel::admin) {
  const Words words = words_of(command);
  const RuntimeCommand* found = find_command(words);
  if (found == nullptr) return say(unknown_command(words, level));
  if (found->level > level) return say(std::string(permission_denied));
  const SessionList sessions = some_sessions();
  const RenderOptions options;
  CommandInput input;
  input.words = words;
  input.own = words_in(found->name);
  input.level = level;
  input.snapshot = &snapshot;
  input.sessions = &sessions;
  input.options = &options;
  input.sockets = two_sockets;
  return found->run(input);
}

CommandReply reply_to(const std::string& command, SocketLevel level = SocketLevel::admin) {
  return reply_of(a_snapshot(), command, level);
}

std::string answer(const std::string& command, SocketLevel level = SocketLevel::admin) {
  const CommandReply reply = reply_to(command, level);
  INFO(command);
  CHECK_FALSE(reply.action);
  return reply.text;
}

Action action_of(const std::string& command) {
  const CommandReply reply = reply_to(command);
  INFO(command << ": " << reply.text);
  REQUIRE(reply.action);
  return *reply.action;
}

}  // namespace

TEST_CASE("commands are HAProxy's words, exactly", "[runtime_commands]") {
  const auto name_found = [](const std::string& command) {
    const RuntimeCommand* found = find_command(words_of(command));
    return found == nullptr ? std::string("-") : std::string(found->name);
  };
  CHECK(name_found("show stat") == "show stat");
  CHECK(name_found("show stats") == "show stats");
  CHECK(name_found("show   stat -1 4 -1") == "show stat");
  CHECK(name_found("shutdown session 0.1") == "shutdown session");
  CHECK(name_found("shutdown sessions server a/b") == "shutdown sessions server");
  for (const char* no : {"", "show", "show sta", "Show stat", "show statx", "shutdown sessions", "showstat",
                         "set", "enable", "show\\ stat", "foo"}) {
    CHECK(name_found(no) == "-");
  }
}

TEST_CASE("every command needs its level, and nothing less", "[runtime_commands]") {
  struct Row {
    const char* command;
    SocketLevel least;
  };
  // As HAProxy 2.6 answers on sockets of the three levels.
  for (const Row& row : {Row{"set weight write/first 1", SocketLevel::admin},
                         Row{"disable server write/first", SocketLevel::admin},
                         Row{"enable server write/first", SocketLevel::admin},
                         Row{"set server write/first state ready", SocketLevel::admin},
                         Row{"set server x", SocketLevel::admin},
                         Row{"shutdown session 0.1", SocketLevel::admin},
                         Row{"shutdown sessions server write/first", SocketLevel::admin},
                         Row{"clear counters all", SocketLevel::admin},
                         Row{"clear counters", SocketLevel::operator_},
                         Row{"show sess", SocketLevel::operator_},
                         Row{"show errors", SocketLevel::operator_},
                         Row{"operator", SocketLevel::operator_},
                         Row{"user", SocketLevel::user},
                         Row{"set timeout cli 3", SocketLevel::user},
                         Row{"show cli sockets", SocketLevel::user},
                         Row{"show servers state", SocketLevel::user},
                         Row{"show servers conn", SocketLevel::user},
                         Row{"show stat 1 4 1", SocketLevel::user},
                         Row{"show info", SocketLevel::user},
                         Row{"get weight write/first", SocketLevel::user},
                         Row{"show backend", SocketLevel::user},
                         Row{"show version", SocketLevel::user},
                         Row{"show leader", SocketLevel::user},
                         Row{"show failovers", SocketLevel::user},
                         Row{"help", SocketLevel::user},
                         Row{"prompt", SocketLevel::user},
                         Row{"quit", SocketLevel::user}}) {
    for (const SocketLevel level : {SocketLevel::user, SocketLevel::operator_, SocketLevel::admin}) {
      const CommandReply reply = reply_to(row.command, level);
      INFO(row.command << " at level " << name_of(level));
      CHECK((reply.text == "Permission denied\n") == (level < row.least));
      if (level < row.least) CHECK_FALSE(reply.action);
    }
  }
}

TEST_CASE("what is no command is answered with those that were perhaps meant", "[runtime_commands]") {
  CHECK(answer("disable") ==
        "Unknown command, but maybe one of the following ones is a better match:\n"
        "  disable server (DEPRECATED)             : disable a server for maintenance (use 'set server' "
        "instead)\n"
        "  help [<command>]                        : list matching or all commands\n"
        "  prompt                                  : toggle interactive mode with prompt\n"
        "  quit                                    : disconnect\n");
  CHECK(answer("hepl").find("  help [<command>] ") != std::string::npos);
  CHECK(answer("show servers foo").find("show servers conn") != std::string::npos);
  CHECK(answer("show servers foo").find("show stat") == std::string::npos);
  const std::string all = answer("");
  CHECK(all.starts_with("Unknown command. Please enter one of the following commands only:\n"));
  CHECK(answer("frobnicate \x1b[2J") == all);
  const std::string help = answer("help");
  CHECK(help.starts_with("The following commands are valid at this level:\n"));
  CHECK(help.substr(help.find('\n')) == all.substr(all.find('\n')));
  CHECK(answer("help clear").find("  clear counters [all] ") != std::string::npos);
  // What may not be done is not offered.
  CHECK(answer("help", SocketLevel::user).find("set server") == std::string::npos);
  CHECK(help.find("set server <bk>/<srv> [opts]") != std::string::npos);
  std::set<std::string_view> names;
  for (const RuntimeCommand& command : runtime_commands()) {
    CHECK(names.insert(command.name).second);
    if (command.usage.empty()) continue;
    INFO(command.name);
    CHECK(help.find("  " + std::string(command.usage)) != std::string::npos);
    CHECK(command.usage.size() <= 40);
  }
}

TEST_CASE("a server's state is set on its listener", "[runtime_commands]") {
  struct Row {
    const char* command;
    AdminState state;
  };
  for (const Row& row : {Row{"set server read/second state drain", AdminState::drain},
                         Row{"set server read/second state maint", AdminState::maintenance},
                         Row{"set server read/second state ready", AdminState::ready},
                         Row{"disable server read/second", AdminState::maintenance},
                         Row{"enable server read/second", AdminState::ready},
                         Row{"enable server read/pg2", AdminState::ready}}) {  // by the name that it goes by
    const Action action = action_of(row.command);
    INFO(row.command);
    CHECK(action.kind == Action::Kind::administer);
    CHECK(action.node == "second");
    CHECK(action.listener == "read");
    CHECK(action.state == row.state);
    CHECK(reply_to(row.command).text.empty());
  }
  CHECK(answer("set server read/second state") ==
        "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
  CHECK(answer("set server read/second state up") ==
        "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
}

TEST_CASE("who is not there is told in HAProxy's words", "[runtime_commands]") {
  for (const std::string command : {"get weight", "set weight", "set server", "disable server",
                                    "enable server", "shutdown sessions server"}) {
    CHECK(answer(command) == "Require 'backend/server'.\n");
    CHECK(answer(command + " write") == "Require 'backend/server'.\n");
    CHECK(answer(command + " write/") == "Require 'backend/server'.\n");
    CHECK(answer(command + " x/first") == "No such backend.\n");
    CHECK(answer(command + " /first") == "No such backend.\n");
    CHECK(answer(command + " write/x") == "No such server.\n");
    CHECK(answer(command + " write/first/x") == "No such server.\n");
  }
  CHECK(answer("set server write/first").starts_with("usage: set server <backend>/<server> addr | agent |"));
  CHECK(answer("set server write/first foo")
            .starts_with("usage: set server <backend>/<server> addr | agent |"));
  // A snapshot in which a listener knows fewer nodes than there are.
  StatsSnapshot snapshot = a_snapshot();
  snapshot.listeners[0].routes.pop_back();
  CHECK(reply_of(snapshot, "get weight write/third").text == "No such server.\n");
}

TEST_CASE("weights are numbers from 0 to 256, or a share of the configured one", "[runtime_commands]") {
  CHECK(answer("get weight write/first") == "1 (initial 1)\n");
  for (const std::string command : {"set weight write/first", "set server write/first weight"}) {
    const auto weight = [&](const std::string& text) { return action_of(command + " " + text).weight; };
    CHECK(action_of(command + " 5").kind == Action::Kind::set_weight);
    CHECK(action_of(command + " 5").listener == "write");
    CHECK(weight("0") == 0);
    CHECK(weight("256") == 256);
    CHECK(weight("100%") == 1);
    CHECK(weight("50%") == 0);
    CHECK(weight("999999999999999999999%") == 256);
    CHECK(answer(command) == "Require <weight> or <weight%>.\n");
    CHECK(answer(command + " x") == "Empty weight string empty or preceded by garbage\n");
    CHECK(answer(command + " 1x") == "Trailing garbage in weight string\n");
    CHECK(answer(command + " -1%") == "Relative weight must be positive.\n");
    for (const char* beyond : {" 257", " -1", " 99999999999999999999999"}) {
      CHECK(answer(command + beyond) == "Absolute weight can only be between 0 and 256 inclusive.\n");
    }
  }
}

TEST_CASE("an address is set for the node on every listener, and only if it differs", "[runtime_commands]") {
  const std::string set = "set server write/first addr ";
  const std::string by = " by 'stats socket command'\n";
  CHECK(answer("set server write/first addr") ==
        "set server <b>/<s> addr requires an address and optionally a port.\n");
  CHECK(answer(set + "foo") == "Invalid addr 'foo'" + by);
  CHECK(answer(set + "10.0.0.1") == "no need to change the addr" + by);
  CHECK(answer(set + "10.0.0.1 port 5432") == "no need to change the addr, no need to change the port" + by);
  for (const char* port : {"", "x", "0", "99999", "+1", "5433x"}) {
    CHECK(answer(set + "10.0.0.9 port " + port) ==
          "nothing changed, problem converting port '" + std::string(port) + "' to an int" + by);
  }
  CommandReply reply = reply_to(set + "10.0.0.9");
  REQUIRE(reply.action);
  CHECK(reply.text == "IP changed from '10.0.0.1' to '10.0.0.9'" + by);
  CHECK(reply.action->kind == Action::Kind::set_address);
  CHECK(reply.action->node == "first");
  CHECK(reply.action->listener.empty());
  CHECK(reply.action->address.to_string() == "10.0.0.9:5432");
  reply = reply_to(set + "10.0.0.1 port 5433");
  REQUIRE(reply.action);
  CHECK(reply.text == "no need to change the addr, port changed from '5432' to '5433'" + by);
  CHECK(reply.action->address.to_string() == "10.0.0.1:5433");
  reply = reply_to(set + "2001:db8::9 port 5433");
  REQUIRE(reply.action);
  CHECK(reply.text == "IP changed from '10.0.0.1' to '2001:db8::9', port changed from '5432' to '5433'" + by);
  CHECK_FALSE(action_of(set + "configured").address.is_set());
  // A node whose address nobody knows yet.
  StatsSnapshot snapshot = a_snapshot();
  snapshot.nodes[0].view.postgres = {};
  CHECK(reply_of(snapshot, set + "10.0.0.9").text == "the port is not known yet; say addr IP port PORT\n");
  CHECK(reply_of(snapshot, set + "10.0.0.9 port 5432").action);
}

TEST_CASE("what the router decides itself cannot be set, and the answer says so", "[runtime_commands]") {
  for (const char* setting : {"health up", "agent up", "agent-addr x", "agent-port 1", "agent-send x",
                              "check-addr x", "check-port 1", "fqdn a.b", "ssl on"}) {
    const std::string text = answer("set server write/first " + std::string(setting));
    INFO(setting << ": " << text);
    CHECK((text.starts_with("not supported: ") || text == "agent checks are not enabled on this server.\n"));
  }
}

TEST_CASE("sessions are ended by their id or on a server", "[runtime_commands]") {
  const Action one = action_of("shutdown session 1.17");
  CHECK(one.kind == Action::Kind::end_session);
  CHECK(one.session == SessionId{1, 17});
  CHECK(action_of("shutdown session 0x1000000000011").session == SessionId{1, 17});  // as in `show sess`
  CHECK(reply_to("shutdown session 1.17").not_found == "No such session (use 'show sess').\n");
  for (const char* id : {"", " x", " 17", " 1.", " 1.x", " .17", " 99999999999.1", " -1.1"}) {
    CHECK(answer("shutdown session" + std::string(id)) == "Session pointer expected (use 'show sess').\n");
  }
  const Action all = action_of("shutdown sessions server read/third");
  CHECK(all.kind == Action::Kind::end_sessions);
  CHECK(all.node == "third");
  CHECK(all.listener == "read");
}

TEST_CASE("counters are cleared", "[runtime_commands]") {
  CHECK(action_of("clear counters").kind == Action::Kind::clear_maxima);
  CHECK(action_of("clear counters all").kind == Action::Kind::clear_counters);
}

TEST_CASE("commands for the connection itself", "[runtime_commands]") {
  CHECK(reply_to("quit").quit);
  CHECK(reply_to("prompt").toggle_prompt);
  CHECK(reply_to("user").lower_to == SocketLevel::user);
  CHECK(reply_to("operator").lower_to == SocketLevel::operator_);
  CHECK(reply_to("set timeout cli 60").timeout == 60s);
  CHECK(reply_to("set timeout cli 2m").timeout == 120s);
  CHECK(answer("set timeout") == "'set timeout' only supports 'cli'.\n");
  CHECK(answer("set timeout cli") == "Expects an integer value.\n");
  for (const char* wrong : {"x", "0", "-1", "1y", "99999999999", "2d", "9999999h"}) {
    CHECK(answer("set timeout cli " + std::string(wrong)) == "Invalid timeout value.\n");
  }
  CHECK(answer("show cli level", SocketLevel::operator_) == "operator\n");
  CHECK(answer("show cli sockets") ==
        "# socket lvl processes\nunix@/run/x.sock admin all\nipv4@127.0.0.1:9999 user all\n");
}

TEST_CASE("what is shown is what the page and the CSV show", "[runtime_commands]") {
  CHECK(answer("show stat").starts_with("# pxname,svname,"));
  CHECK(answer("show stats") == answer("show stat"));
  CHECK(answer("show stat write 4 -1").find("read,") == std::string::npos);
  CHECK(answer("show stat json").starts_with("[["));
  CHECK(answer("show stat").find("10.0.0.1:5432") != std::string::npos);
  CHECK(answer("show stat", SocketLevel::user).find("10.0.0.1:5432") == std::string::npos);
  CHECK(answer("show info").starts_with("Name: "));
  CHECK(answer("show schema json").starts_with("{\"$schema\""));
  CHECK(answer("show backend") == "# name\nwrite\nread\n");
  CHECK(answer("show errors") == "Total events captured on [18/Nov/2026:11:06:40.000] : 0\n");
  CHECK(answer("show errors write").starts_with("Total events"));
  CHECK(answer("show errors foo") == "No such proxy.\n");
  CHECK(answer("show version") == "2.6.0+tamada-0.1.0\n");
  CHECK(answer("show table").empty());
  CHECK(std::count_if(
            runtime_commands().begin(), runtime_commands().end(),
            [](const RuntimeCommand& command) { return command.needs == CommandNeeds::sessions; }) == 1);
  const std::string sessions = answer("show sess");
  CHECK(std::count(sessions.begin(), sessions.end(), '\n') == 5);
  CHECK(answer("show sess all") == sessions);
  CHECK(answer("show sess 1.17").starts_with("0x1000000000011: "));
  for (const char* none : {"show sess 1.1", "show sess 0x99", "show sess foo"})
    CHECK(answer(none) == "Session not found.\n");
  const std::string conn = answer("show servers conn write");
  CHECK(conn.starts_with("# bkname/svname bkid/svid addr port - purge_delay used_cur "));
  CHECK(conn.find("\nwrite/first 1/1 10.0.0.1 5432 - 0 48 105 48 0 0 -1 0 0\n") != std::string::npos);
  CHECK(std::count(conn.begin(), conn.end(), '\n') == 4);
  CHECK(answer("show servers conn foo") == "Can't find backend.\n");
  CHECK(answer("show servers state foo") == "Can't find backend.\n");
  CHECK(answer("show servers state").starts_with("1\n# be_id "));
}

TEST_CASE("show leader tells who, since when and why", "[runtime_commands]") {
  CHECK(answer("show leader") ==
        "leader: pg1\n"
        "since: 2026-11-18T10:59:44.100Z\n"
        "reason: pg1 says primary, running, timeline 7; the leader key names pg1\n"
        "timeline: 7\n"
        "waiting: 2\n"
        "evidence: pg1 says primary, running, timeline 7\n"
        "evidence: the leader key in etcd names pg1\n"
        "evidence: pg2 is a replica on timeline 7\n"
        "evidence: pg3 is a replica on timeline 7\n"
        "disagreement: GET /cluster of pg3 names pg3 as leader; pg1, pg2 and the leader key name pg1\n");
  StatsSnapshot snapshot = a_snapshot();
  snapshot.leader = {{}, "", "nobody says that it leads", {}};
  snapshot.leadership = {};
  snapshot.disagreements.clear();
  CHECK(reply_of(snapshot, "show leader").text ==
        "leader: none\nsince: -\nreason: nobody says that it leads\ntimeline: -\nwaiting: 2\n");
}

TEST_CASE("show failovers is a table, newest first, with a line for each", "[runtime_commands]") {
  const std::string text = answer("show failovers");
  CHECK(text.starts_with(
      "# number,from,to,planned,begun,stood_still_ms,waited,cut,failed,why_gone,why_confirmed\n"
      "2,pg2,pg1,1,2026-11-18T10:59:42.900Z,1430,14,31,0,pg2 is no longer primary: it says demoted,pg1 says "
      "primary; running; timeline 7; the leader key names pg1\n"
      "1,pg1,pg2,0,"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("hostile names break no line of any answer", "[runtime_commands]") {
  StatsSnapshot snapshot = a_snapshot();
  const std::string hostile = "x\ny,\"z\xff\x1b[2J w";
  for (NodeStats& node : snapshot.nodes) node.view.name = node.view.configured_name = hostile;
  snapshot.listeners[0].name = hostile;
  snapshot.leader.name = snapshot.leader.reason = hostile;
  snapshot.leadership.evidence = {hostile};
  snapshot.disagreements[0].words = hostile;
  for (Failover& failover : snapshot.failovers) failover.from = failover.to = failover.why_gone = hostile;
  const StatsSnapshot plain = a_snapshot();
  for (const char* command : {"show leader", "show failovers", "show backend", "show servers state",
                              "show servers conn", "show stat", "show info", "show sess"}) {
    const std::string text = reply_of(snapshot, command).text;
    const std::string usual = reply_of(plain, command).text;
    INFO(command << ":\n" << text);
    CHECK(text.find('\x1b') == std::string::npos);
    if (std::string(command) != "show leader" && std::string(command) != "show info")
      CHECK(std::count(text.begin(), text.end(), '\n') == std::count(usual.begin(), usual.end(), '\n'));
  }
}
