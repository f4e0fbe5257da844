#include "router/control/control.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/loop/clock.h"
#include "router/control/command_line.h"
#include "router/control/machine_checks.h"
#include "router/stats/api/status_json.h"

namespace tamada::router {
namespace {

// How long one that takes over waits for the leader before it serves all the same: while there is none, it
// waits no better in one process than in the other.
constexpr Duration settle_limit = 5s;

}  // namespace

Control::Control(loop::Loop& loop, EventLog& log, ControlOptions options)
    : loop_(loop),
      log_(log),
      options_(std::move(options)),
      started_(loop::boot_now()),
      record_(options_.file),
      side_(loop),
      resolver_(loop, options_.resolver),
      admin_(side_, log),
      driver_(loop, log, resolver_, side_, options_.seed,
              {[this](const RoutingTablePtr& table) { publish(table); },
               [this](const patroni::ClusterMembers& members) { on_members(members); },
               [this] { collector_.on_turn(loop::boot_now()); }, [this](const Fact& fact) { on_fact(fact); },
               [this](const PollAnswer& answer) { collector_.on_answer(answer, loop::boot_now()); }}),
      pool_(loop, options_.workers, log, *this,
            options_.inheritance == nullptr ? nullptr : &options_.inheritance->sockets),
      collector_(loop, side_, log, {driver_, pool_, admin_, config_, record_, by_hand_, log},
                 options_.workers, started_),
      desk_(loop, {collector_, *this, pool_, driver_, config_, log}),
      backend_(loop, stats_thread_.loop(), desk_),
      stats_(stats_thread_, backend_,
             options_.inheritance == nullptr ? nullptr : &options_.inheritance->sockets),
      notifier_(loop),
      source_(
          loop, side_, options_.file,
          [file = options_.file, environment = options_.environment](const FileReader& read_file) {
            return read_and_check(file, environment, read_file);
          },
          [this](const LoadedConfig& loaded) { on_loaded(loaded); }),
      discover_(loop, [this] { discover(); }),
      settle_(loop, [this] { prepared(); }) {}

Control::~Control() = default;

std::vector<Error> Control::start(const RouterConfig& config) {
  Inheritance* const given = options_.inheritance;
  const bool takes_over = given != nullptr && given->predecessor.is_open();
  if (takes_over) {
    stage_ = Stage::preparing;
    pool_.hold_back();
    predecessor_ = std::make_unique<HandOverChannel>(
        loop_, std::move(given->predecessor),
        [this](HandOverWord word, const std::string&) { on_predecessor(word); },
        // Whatever has become of it: somebody must serve, and has all it takes.
        [this] { on_predecessor(HandOverWord::adopted); });
  } else {
    admin_.use_folder(config.state_dir);
    collector_.use_folder(config.state_dir);
  }
  if (given != nullptr) take_stock(*given, config, takes_over);
  collector_.start();
  std::vector<Error> errors = apply(config);
  if (!errors.empty()) {
    if (predecessor_) predecessor_->send(HandOverWord::failed, errors[0].message);
    return errors;
  }
  if (given != nullptr) {
    for (const std::string& place : given->sockets.close_rest()) {
      log_.write(LogLevel::warn, "socket.unused",
                 {{"place", std::string_view(place)},
                  {"why", std::string_view("it was handed over, and nothing in the configuration uses it")},
                  {"effect", std::string_view("closed here")}});
    }
  }
  const std::string version = program_version_number();
  log_.write(LogLevel::info, "router.start",
             {{"version", std::string_view(version)},
              {"file", std::string_view(options_.file)},
              {"workers", std::uint64_t{options_.workers}},
              {"pid", static_cast<std::int64_t>(getpid())}});
  if (takes_over) {
    settle_.start(settle_limit);
    return errors;
  }
  notifier_.ready();
  keep_sockets();
  // The file, and those that it names, may have changed between their reading and the beginning of the watch.
  reload_if_any();
  return errors;
}

void Control::reload_if_any() {
  if (!options_.file.empty() || !options_.environment.empty()) source_.reload();
}

void Control::reload() {
  asked_ = true;
  source_.reload();
}

void Control::on_fact(const Fact& fact) {
  collector_.on_fact(fact, loop::boot_now());
  // The table that names it is not published yet, so that nobody can have started there already.
  if (fact.kind != FactKind::leader_confirmed) return;
  pool_.tell_first_start(driver_.view().leader_id());
  prepared();
}

void Control::publish(const RoutingTablePtr& table) {
  collector_.on_table(*table, loop::boot_now());
  pool_.publish(table);
}

void Control::on_sessions_gone(NodeId node) {
  if (present_.contains(node)) return;
  driver_.sessions_gone(node);
  let_go_of_leaving();
}

std::optional<std::string> Control::find_node(const std::string& name) const {
  const std::vector<NodeView> nodes = driver_.view().nodes(loop::boot_now());
  for (const NodeView& node : nodes) {
    if (node.configured_name == name) return name;
  }
  for (const NodeView& node : nodes) {
    if (node.name == name) return node.configured_name;
  }
  return std::nullopt;
}

bool Control::has_listener(const std::string& name) const {
  return std::any_of(config_.listeners.begin(), config_.listeners.end(),
                     [&](const ListenerConfig& listener) { return listener.policy.name == name; });
}

void Control::administer(const std::string& node, const std::string& listener, AdminState state,
                         const std::string& by) {
  admin_.set(node, listener, state, {by, std::chrono::system_clock::now()});
  log_.write(LogLevel::info, "admin.state",
             {{"node", std::string_view(node)},
              {"listener", listener.empty() ? std::string_view("all") : std::string_view(listener)},
              {"state", name_of(state)},
              {"by", std::string_view(by)}});
  for (const NodeId id : present_) {
    if (nodes_.at(id).name != node) continue;
    driver_.administer(id, listener.empty() ? ListenerId{} : ids_.listener(listener), state);
  }
}

void Control::set_address(NodeId node, const Address& address) {
  if (address.is_set()) {
    const std::uint16_t configured = nodes_.at(node).postgres.port;
    by_hand_[node] = address.port() != 0 ? address : address.with_port(configured);
  } else {
    by_hand_.erase(node);
  }
  driver_.configure(poller_settings());
}

std::string Control::status_json() {
  return router::status_json(*desk_.snapshot());
}

void Control::discover() {
  const std::vector<NodeView> nodes = driver_.view().nodes(loop::boot_now());
  // Those that were heard, in turn; as long as there are none, anybody.
  std::vector<NodeId> heard;
  for (const NodeView& node : nodes) {
    if (node.heard) heard.push_back(node.id);
  }
  if (heard.empty()) {
    for (const NodeView& node : nodes) heard.push_back(node.id);
  }
  if (!heard.empty()) driver_.ask({heard[discover_turn_++ % heard.size()], AskKind::cluster});
}

void Control::on_members(const patroni::ClusterMembers& members) {
  if (!config_.cluster.discover) return;
  const TimePoint now = loop::boot_now();
  bool changed = discovery_.heard(members, now);
  // Only those that this answer names: an older one must not bring back who has left.
  std::vector<patroni::ClusterMember> fresh = driver_.view().undiscovered();
  std::erase_if(fresh, [&](const patroni::ClusterMember& member) {
    return std::none_of(members.members.begin(), members.members.end(),
                        [&](const patroni::ClusterMember& named) { return named.name == member.name; });
  });
  changed |= discovery_.add(fresh, now);
  if (changed) drive(false);
}

}  // namespace tamada::router
