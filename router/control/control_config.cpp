// How Control takes a new configuration into force.
#include <algorithm>

#include "common/loop/clock.h"
#include "common/process/descriptor_limit.h"
#include "router/control/control.h"
#include "router/session/client_limit.h"

namespace tamada::router {
namespace {

// How often members that nobody configured are looked for.
constexpr Duration discover_every = 2s;

}  // namespace

void Control::on_loaded(const LoadedConfig& loaded) {
  const bool asked = std::exchange(asked_, false);
  // Who takes over reads it again when it serves; who stops opens no ports any more.
  if (stage_ != Stage::serving || successor_) {
    log_.write(asked ? LogLevel::warn : LogLevel::debug, "config.ignored",
               {{"why", std::string_view("this process does not serve yet, hands over, or stops")}});
    return;
  }
  if (!loaded) {
    std::vector<std::string> errors;
    for (const ConfigError& error : loaded.error()) errors.push_back(error.to_string());
    refuse(errors);
    return;
  }
  if (*loaded == as_loaded_) {
    const LogLevel level = asked || record_.is_refused() ? LogLevel::info : LogLevel::debug;
    log_.write(level, "config.unchanged", {{"file", std::string_view(options_.file)}});
    record_.unchanged();
    return;
  }
  notifier_.reloading();
  const std::vector<Error> failures = apply(*loaded);
  notifier_.ready();
  if (!failures.empty()) {
    std::vector<std::string> errors;
    for (const Error& error : failures) errors.push_back(error.message);
    refuse(errors);
    return;
  }
  driver_.tell({FactKind::config_applied, "",
                "generation " + std::to_string(record_.generation()) + " of " + options_.file, false});
}

void Control::refuse(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) {
    log_.write(LogLevel::error, "config.error", {{"why", std::string_view(error)}});
  }
  record_.refused(errors, std::chrono::system_clock::now());
  driver_.tell({FactKind::config_refused, "",
                std::to_string(errors.size()) + (errors.size() == 1 ? " error" : " errors") + " in " +
                    options_.file + "; the running configuration stays",
                true});
}

std::vector<Error> Control::apply(const RouterConfig& config) {
  RouterConfig next = config;
  for (ListenerConfig& listener : next.listeners) listener.policy.id = ids_.listener(listener.policy.name);

  next.stats.max_connections =
      stats_limit(descriptor_limit(), next.stats.max_connections, next.stats.bind.size());
  Result<StateLock> lock = lock_state(next.state_dir);
  if (!lock) return {lock.error()};
  std::vector<Error> errors = stats_.prepare(next.stats);
  if (errors.empty()) errors = pool_.configure(next);
  if (!errors.empty()) {
    stats_.abandon();
    return errors;
  }
  if (stage_ != Stage::preparing) stats_.commit();
  // A folder that is not used any more is free for others.
  if (options_.inheritance != nullptr) options_.inheritance->state_lock.reset();
  if (lock->fd() >= 0 || lock->folder() != state_lock_.folder()) state_lock_ = std::move(*lock);

  const bool new_listeners =
      std::any_of(next.listeners.begin(), next.listeners.end(),
                  [&](const ListenerConfig& listener) { return !has_listener(listener.policy.name); });
  if (record_.generation() > 0 && next.workers != as_loaded_.workers) {
    log_.write(LogLevel::warn, "config.needs_restart",
               {{"setting", std::string_view("workers")},
                {"effect", std::string_view("the number of workers stays until the next start")}});
  }
  as_loaded_ = config;
  config_ = std::move(next);
  record_.applied(config, std::chrono::system_clock::now());
  log_.configure(config_.log);
  for (const std::string& note : notes_on(config_)) {
    log_.write(LogLevel::info, "config.note", {{"what", std::string_view(note)}});
  }
  if (record_.generation() > 1) {
    admin_.use_folder(config_.state_dir);
    collector_.use_folder(config_.state_dir);
  }
  if (config_.cluster.discover) {
    if (!discover_.is_active()) discover_.start_repeating(discover_every);
  } else {
    discover_.stop();
    discovery_.clear();
  }
  drive(new_listeners);
  if (record_.generation() > 1) keep_sockets();
  return errors;
}

// Not open, and of the same folder: it is held already. An error only where another router has it.
Result<StateLock> Control::lock_state(const std::string& folder) {
  if (folder == state_lock_.folder()) {
    StateLock held;
    held.name(folder);
    return held;
  }
  UniqueFd inherited;
  if (options_.inheritance != nullptr) inherited = std::move(options_.inheritance->state_lock);
  auto lock = StateLock::take(folder, {"state_dir", "router"}, std::move(inherited));
  if (lock || lock.error().kind == ErrorKind::unavailable) return lock;
  // What cannot be locked cannot be written either: told here, and again when there is something to write.
  log_.write(LogLevel::error, "state_dir.unlocked",
             {{"why", std::string_view(lock.error().message)},
              {"effect", std::string_view("nothing is kept there, and another router is not noticed")}});
  StateLock none;
  none.name(folder);
  return none;
}

void Control::drive(bool new_listeners) {
  ClusterDriver::Settings settings;
  RoutingPolicy& policy = settings.policy;
  policy.scope = config_.cluster.name;
  policy.system_id = config_.cluster.system_id;
  policy.watches_leader_key = config_.cluster.etcd.has_value();
  policy.checks = config_.checks;
  for (const ListenerConfig& listener : config_.listeners) policy.listeners.push_back(listener.policy);

  std::set<NodeId> present;
  std::map<NodeId, std::string> to_restore;
  for (const NodeConfig& node : join_nodes(config_.cluster.nodes, discovery_.nodes())) {
    const NodeId id = ids_.node(node);
    policy.nodes.push_back({id, node.name, node.api_url()});
    present.insert(id);
    if (new_listeners || !present_.contains(id)) to_restore[id] = node.name;
    nodes_[id] = node;
  }
  present_ = std::move(present);
  settings.poller = poller_settings();
  settings.etcd = config_.cluster.etcd;
  driver_.configure(settings);
  for (const auto& [id, name] : to_restore) restore_admin(id, name);
  let_go_of_leaving();
}

void Control::restore_admin(NodeId id, const std::string& name) {
  const NodeAdmin admin = admin_.states().of(name);
  if (admin.all != AdminState::ready) driver_.administer(id, {}, admin.all);
  for (const auto& [listener, state] : admin.listeners) {
    if (has_listener(listener)) driver_.administer(id, ids_.listener(listener), state);
  }
}

void Control::let_go_of_leaving() {
  std::set<NodeId> watched;
  for (const NodeView& node : driver_.view().nodes(loop::boot_now())) {
    // The table without it is published already, so no session can begin there any more.
    if (node.leaving && pool_.sessions_on(node.id) == 0) driver_.sessions_gone(node.id);
  }
  for (const NodeView& node : driver_.view().nodes(loop::boot_now())) watched.insert(node.id);
  const std::size_t forgotten =
      std::erase_if(nodes_, [&](const auto& node) { return !watched.contains(node.first); });
  std::erase_if(by_hand_, [&](const auto& node) { return !watched.contains(node.first); });
  if (forgotten > 0) driver_.configure(poller_settings());
}

PollerSettings Control::poller_settings() const {
  PollerSettings settings;
  for (const auto& [id, node] : nodes_) {
    const auto by_hand = by_hand_.find(id);
    settings.nodes.push_back({id, node, by_hand == by_hand_.end() ? Address{} : by_hand->second});
  }
  settings.timeout = config_.checks.timeout;
  settings.resolve_interval = config_.resolve_interval;
  settings.tls = config_.cluster.api_tls;
  return settings;
}

}  // namespace tamada::router
