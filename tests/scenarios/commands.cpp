#include "tests/scenarios/commands.h"

#include <functional>
#include <optional>
#include <sstream>

#include "tests/scenarios/arguments.h"

namespace tamada::router::scenario {
namespace {

void add_listener(World& world, const Words& arguments) {
  ListenerPolicy listener;
  listener.name = arguments.at(0);
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    const std::string key = arguments[i].substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : arguments[i].substr(equals + 1);
    if (key == "to") {
      std::istringstream entries(value);
      std::vector<Preference> all;
      for (std::string entry; std::getline(entries, entry, ',');) all.push_back(preference(entry));
      listener.to = all.at(0).to;
      listener.tag_key = all[0].tag_key;
      listener.tag_value = all[0].tag_value;
      listener.reserves.assign(all.begin() + 1, all.end());
    } else if (key == "otherwise" && value == "leader") {
      listener.otherwise_leader = true;
    } else if (key == "max_lag") {
      if (value.ends_with("s")) {
        listener.max_lag_time = duration(value);
      } else {
        listener.max_lag = bytes(value);
      }
    } else if (key == "require_streaming" && value == "true") {
      listener.require_streaming = true;
    } else if (key == "on_lag") {
      listener.on_lag = ending(value);
    } else if (key == "on_fail") {
      listener.on_fail = ending(value);
    } else if (key == "on_promote") {
      listener.on_promote = ending(value);
    } else {
      throw Unknown{"unknown setting " + arguments[i]};
    }
  }
  (void)world.add_listener(listener);
}

// "timeline 8 at 1000 state stopping without lock ...": what follows the role.
void describe(WorldNode& node, const Words& words, std::size_t first) {
  node.state = "running";
  for (std::size_t i = first; i < words.size(); ++i) {
    const auto next = [&]() -> const std::string& {
      if (i + 1 >= words.size()) throw Unknown{words[i] + " wants a value"};
      return words[++i];
    };
    if (words[i] == "timeline") {
      node.timeline = static_cast<std::uint32_t>(std::stoul(next()));
    } else if (words[i] == "at") {
      node.position = bytes(next());
    } else if (words[i] == "stopping" || words[i] == "stopped" || words[i] == "starting" ||
               words[i] == "crashed" || words[i] == "unknown") {
      node.state = words[i];
    } else if (words[i] == "without" && next() == "lock") {
      node.lock = false;
    } else if (words[i] == "with" && next() == "lock") {
      node.lock = true;
    } else if (words[i] == "sync") {
      node.sync = true;
    } else {
      throw Unknown{"unknown word " + words[i]};
    }
  }
}

void is(World& world, const Words& arguments) {
  WorldNode& one = node(world, arguments.at(0));
  const std::string& role = arguments.at(1);
  if (patroni::node_role(role) == patroni::NodeRole::unknown) throw Unknown{"unknown role " + role};
  if (one.rest == WorldNode::Rest::unresolved) {
    one.rest = WorldNode::Rest::answers;
    one.postgres = true;
  }
  one.role = role;
  one.lock = role == "primary";
  one.sync = false;
  describe(one, arguments, 2);
}

// The beginning that most stories share. What comes out up to there is pinned by healthy_cluster.txt, and not
// told.
void healthy_cluster(World& world, const Words& labels) {
  for (const std::string& label : labels) {
    (void)world.add_node(label);
    is(world, {label, label == labels.front() ? "primary" : "replica", "timeline", "7", "at", "1000"});
  }
  world.lock_holder = labels.at(0);
  world.lock_changed();
  world.run_until(TimePoint{2s});
  (void)world.take_output();
}

void rest(World& world, const std::string& label, WorldNode::Rest how) {
  node(world, label).rest = how;
}

SessionHint::Kind hint_kind(const std::string& words) {
  using Kind = SessionHint::Kind;
  for (const Kind kind : {Kind::refused, Kind::reset, Kind::closed, Kind::timeout, Kind::unreachable,
                          Kind::shutting_down, Kind::starting_up}) {
    if (words_of(kind) == words) return kind;
  }
  throw Unknown{"no session meets " + words};
}

void show(World& world, const Words& arguments) {
  std::vector<std::string> lines;
  const std::string& what = arguments.at(0);
  if (what == "nodes")
    lines = world.show_nodes();
  else if (what == "leader")
    lines = world.show_leader();
  else if (what == "why")
    lines = world.show_why();
  else if (what == "asks")
    lines = world.show_asks();
  else if (what == "disagreements")
    lines = world.show_disagreements();
  else if (what == "undiscovered")
    lines = world.show_undiscovered();
  else
    throw Unknown{"nothing to show is called " + what};
  for (const std::string& line : lines) world.say("  " + line);
}

struct Command {
  const char* pattern;
  std::function<void(World&, const Words&)> run;
};

using Rest = WorldNode::Rest;

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      // ---- what the router is told
      {"nodes ...",
       [](World& w, const Words& a) {
         for (const std::string& label : a) (void)w.add_node(label);
       }},
      {"healthy cluster ...", healthy_cluster},
      {"the words are told", [](World& w, const Words&) { w.tells_words = true; }},
      {"listener ...", add_listener},
      {"scope NAME", [](World& w, const Words& a) { w.policy.scope = a[0]; }},
      {"no scope", [](World& w, const Words&) { w.policy.scope.clear(); }},
      {"pinned system ID", [](World& w, const Words& a) { w.policy.system_id = a[0]; }},
      {"etcd is watched", [](World& w, const Words&) { w.policy.watches_leader_key = true; }},
      {"interval SPAN", [](World& w, const Words& a) { w.policy.checks.interval = duration(a[0]); }},
      // ---- time
      {"at TIME", [](World& w, const Words& a) { w.run_until(TimePoint{duration(a[0])}); }},
      {"run SPAN", [](World& w, const Words& a) { w.run(duration(a[0])); }},
      {"the loop stalls for SPAN", [](World& w, const Words& a) { w.stall(duration(a[0])); }},
      {"etcd falls silent", [](World& w, const Words&) { w.etcd_answers = false; }},
      {"etcd answers", [](World& w, const Words&) { w.etcd_answers = true; }},
      // ---- nodes
      {"NODE is at POSITION", [](World& w, const Words& a) { node(w, a[0]).position = bytes(a[1]); }},
      {"NODE is ROLE ...", is},
      {"NODE falls silent", [](World& w, const Words& a) { rest(w, a[0], Rest::silent); }},
      {"NODE refuses", [](World& w, const Words& a) { rest(w, a[0], Rest::refuses); }},
      {"NODE resets", [](World& w, const Words& a) { rest(w, a[0], Rest::resets); }},
      {"NODE answers garbage", [](World& w, const Words& a) { rest(w, a[0], Rest::garbage); }},
      {"NODE answers", [](World& w, const Words& a) { rest(w, a[0], Rest::answers); }},
      {"NODE answers after SPAN", [](World& w, const Words& a) { node(w, a[0]).latency = duration(a[1]); }},
      {"NODE vanishes",
       [](World& w, const Words& a) {
         rest(w, a[0], Rest::unresolved);
         node(w, a[0]).postgres = false;
       }},
      {"NODE dies",
       [](World& w, const Words& a) {
         rest(w, a[0], Rest::refuses);
         node(w, a[0]).postgres = false;
       }},
      {"NODE hangs",
       [](World& w, const Words& a) {
         rest(w, a[0], Rest::silent);
         node(w, a[0]).postgres = false;
       }},
      {"NODE returns",
       [](World& w, const Words& a) {
         rest(w, a[0], Rest::answers);
         node(w, a[0]).postgres = true;
       }},
      {"PostgreSQL of NODE answers", [](World& w, const Words& a) { node(w, a[0]).postgres = true; }},
      {"PostgreSQL of NODE dies",
       [](World& w, const Words& a) { node(w, a[0]).postgres = node(w, a[0]).postgres_hangs = false; }},
      {"PostgreSQL of NODE says nothing",
       [](World& w, const Words& a) {
         node(w, a[0]).postgres = false;
         node(w, a[0]).postgres_hangs = true;
       }},
      {"NODE streams", [](World& w, const Words& a) { node(w, a[0]).replication_state = "streaming"; }},
      {"NODE reads the archive",
       [](World& w, const Words& a) { node(w, a[0]).replication_state = "in archive recovery"; }},
      {"NODE loses its stream", [](World& w, const Words& a) { node(w, a[0]).replication_state.clear(); }},
      {"NODE runs Patroni VERSION",
       [](World& w, const Words& a) {
         node(w, a[0]).patroni_version = a[1];
         node(w, a[0]).replication_state.clear();
       }},
      {"NODE tells name NAME", [](World& w, const Words& a) { node(w, a[0]).told_name = a[1]; }},
      {"NODE tells no name", [](World& w, const Words& a) { node(w, a[0]).told_name.clear(); }},
      {"NODE registers as NAME", [](World& w, const Words& a) { node(w, a[0]).member_name = a[1]; }},
      {"NODE tells scope NAME", [](World& w, const Words& a) { node(w, a[0]).scope = a[1]; }},
      {"NODE tells system ID", [](World& w, const Words& a) { node(w, a[0]).system_id = a[1]; }},
      {"NODE moves to ADDRESS", [](World& w, const Words& a) { node(w, a[0]).address = a[1]; }},
      {"PostgreSQL of NODE was started at TIME",
       [](World& w, const Words& a) { node(w, a[0]).started = a[1]; }},
      {"NODE has tag KEY VALUE",
       [](World& w, const Words& a) {
         node(w, a[0]).tags.values[a[1]] = a[2];
         if (a[1] == "noloadbalance") node(w, a[0]).tags.noloadbalance = a[2] == "true";
       }},
      // ---- the lock
      {"NODE takes the lock",
       [](World& w, const Words& a) {
         w.lock_holder = member_name_of(node(w, a[0]));
         w.lock_changed();
       }},
      {"NAME holds the lock",
       [](World& w, const Words& a) {
         w.lock_holder = a[0] == "nobody" ? "" : a[0];
         w.lock_changed();
       }},
      {"the leader key holds N bytes",
       [](World& w, const Words& a) {
         w.key_oversize = std::stoul(a[0]);
         w.lock_changed();
       }},
      {"a switchover from NAME to NAME is announced",
       [](World& w, const Words& a) {
         w.announce(a[0] == "anybody" ? "" : a[0], a[1] == "anybody" ? "" : a[1]);
       }},
      {"the failover key is cleared", [](World& w, const Words&) { w.announce("", ""); }},
      {"the cluster is paused", [](World& w, const Words&) { w.paused = true; }},
      {"the cluster is resumed", [](World& w, const Words&) { w.paused = false; }},
      {"the agent of NODE was just started",
       [](World& w, const Words& a) {
         rest(w, a[0], Rest::answers);
         node(w, a[0]).has_read_store = false;
       }},
      {"the agent of NODE has read the store",
       [](World& w, const Words& a) { node(w, a[0]).has_read_store = true; }},
      {"cluster of NODE fails", [](World& w, const Words& a) { node(w, a[0]).cluster_fails = true; }},
      {"cluster of NODE works",
       [](World& w, const Words& a) {
         node(w, a[0]).cluster_fails = false;
         node(w, a[0]).cluster_names.reset();
       }},
      {"cluster of NODE names NAME",
       [](World& w, const Words& a) { node(w, a[0]).cluster_names = a[1] == "nobody" ? "" : a[1]; }},
      // ---- the router and its people
      {"workers stop acknowledging", [](World& w, const Words&) { w.workers_acknowledge = false; }},
      {"workers acknowledge",
       [](World& w, const Words&) {
         w.workers_acknowledge = true;
         w.acknowledge_now();
       }},
      {"a client meets WORDS on NODE", [](World& w, const Words& a) { w.hint(node_id(w, a[1]), hint_kind(a[0])); }},
      {"a client cannot connect to NODE", [](World& w, const Words& a) { w.no_connection(node_id(w, a[0])); }},
      {"drain NODE", [](World& w, const Words& a) { w.administer(node_id(w, a[0]), {}, AdminState::drain); }},
      {"drain NODE on LISTENER",
       [](World& w, const Words& a) {
         w.administer(node_id(w, a[0]), listener_id(w, a[1]), AdminState::drain);
       }},
      {"maintain NODE",
       [](World& w, const Words& a) { w.administer(node_id(w, a[0]), {}, AdminState::maintenance); }},
      {"ready NODE", [](World& w, const Words& a) { w.administer(node_id(w, a[0]), {}, AdminState::ready); }},
      {"take out NODE",
       [](World& w, const Words& a) {
         const NodeId id = node_id(w, a[0]);
         std::erase_if(w.policy.nodes, [&](const NodePolicy& one) { return one.id == id; });
         w.reconfigure();
       }},
      {"take out listener NAME",
       [](World& w, const Words& a) {
         const ListenerId id = listener_id(w, a[0]);
         std::erase_if(w.policy.listeners, [&](const ListenerPolicy& one) { return one.id == id; });
         w.reconfigure();
       }},
      {"put in NODE",
       [](World& w, const Words& a) {
         (void)w.add_node(a[0]);
         w.reconfigure();
       }},
      {"the sessions on NODE are gone", [](World& w, const Words& a) { w.sessions_gone(node_id(w, a[0])); }},
      {"show WHAT", nullptr},
  };
  return all;
}

}  // namespace

std::string carry_out(World& world, const std::string& command) {
  const Words words = split(command);
  try {
    for (const Command& known : commands()) {
      const std::optional<Words> arguments = match(known.pattern, words);
      if (!arguments) continue;
      if (known.run == nullptr) {
        show(world, *arguments);
      } else {
        known.run(world, *arguments);
      }
      return {};
    }
    return "unknown command";
  } catch (const Unknown& unknown) {
    return unknown.what;
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace tamada::router::scenario
