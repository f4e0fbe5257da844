// How Control hands over to another process, and takes over from one. hand_over_channel.h has the words.
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "router/control/control.h"

namespace tamada::router {
namespace {

// What systemd takes as a name: no colon, no control character.
std::string socket_name(const std::string& place) {
  std::string name(loop::InheritedSockets::own_name);
  for (const char c : place) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

}  // namespace

// ---- the new process

void Control::prepared() {
  if (stage_ != Stage::preparing || std::exchange(prepared_, true)) return;
  settle_.stop();
  if (!predecessor_) return;
  predecessor_->send(driver_.view().leader_id().is_set() ? HandOverWord::prepared : HandOverWord::leaderless);
}

void Control::on_predecessor(HandOverWord word) {
  if (word == HandOverWord::go) return serve();
  if (word != HandOverWord::adopted) return;
  // It may have died before it let us go.
  if (stage_ == Stage::preparing) serve();
  if (stage_ == Stage::serving) adopted();
}

void Control::serve() {
  if (stage_ != Stage::preparing) return;
  admin_.use_folder(config_.state_dir);
  collector_.use_folder(config_.state_dir);
  for (const NodeId id : present_) restore_admin(id, nodes_.at(id).name);
  state_lock_.sign();
  std::vector<Error> errors = pool_.accept_from_now_on(config_);
  if (!errors.empty()) {
    predecessor_->send(HandOverWord::failed, errors[0].message);
    log_.write(LogLevel::error, "take_over.failed",
               {{"why", std::string_view(errors[0].message)},
                {"effect", std::string_view("this process ends; the one before it goes on")}});
    loop_.stop();
    return;
  }
  stats_.commit();
  stage_ = Stage::serving;
  predecessor_->send(HandOverWord::serving);
}

void Control::adopted() {
  predecessor_.reset();
  notifier_.ready();
  keep_sockets();
  // What changed while this was preparing.
  reload_if_any();
}

// What systemd keeps for the service is dropped there once it is not used any more; and what no other process
// serves must not listen on.
void Control::take_stock(Inheritance& given, const RouterConfig& config, bool takes_over) {
  notifier_.inherited(given.sockets.own_names());
  if (takes_over) return;
  std::vector<Address> wanted;
  const auto want = [&](const HostPort& bind) {
    const auto address = Address::from_ip(bind.host == "localhost" ? "127.0.0.1" : bind.host, bind.port);
    if (address) wanted.push_back(*address);
  };
  for (const ListenerConfig& listener : config.listeners) {
    for (const HostPort& bind : listener.bind) want(bind);
  }
  for (const HostPort& bind : config.stats.bind) want(bind);
  for (const StatsSocket& socket : config.stats.sockets) {
    if (socket.path.empty()) want(socket.address);
  }
  for (const std::string& place : given.sockets.end_own_beside(wanted)) {
    log_.write(LogLevel::info, "socket.ended",
               {{"place", std::string_view(place)},
                {"why", std::string_view("the process before listened there, the configuration does not")}});
  }
}

// ---- the old process

void Control::hand_over() {
  if (successor_) return tell_hand_over_refused("one is on its way already");
  if (stage_ == Stage::preparing || predecessor_)
    return tell_hand_over_refused("this process is taking over itself");
  if (stage_ != Stage::serving) return tell_hand_over_refused("this process accepts no clients any more");
  if (options_.command.empty()) return tell_hand_over_refused("it is not known how the program was started");
  if (getpid() == 1) {
    return tell_hand_over_refused(
        "this is process 1, whose end is the end of its container; start another container instead");
  }
  auto sockets = shared_sockets();
  if (!sockets) return tell_hand_over_refused(sockets.error().message);
  std::vector<std::pair<std::string, int>> descriptors;
  for (const auto& [name, socket] : *sockets) descriptors.emplace_back(name, socket.get());
  if (state_lock_.fd() >= 0) descriptors.emplace_back(StateLock::inherited_name, state_lock_.fd());
  auto started = Successor::start(
      loop_, options_.command, std::move(descriptors),
      {[this](bool knows_leader) { on_successor_prepared(knows_leader); }, [this] { on_successor_serving(); },
       [this](const std::string& why) { on_successor_failed(why); }});
  if (!started) return tell_hand_over_refused(started.error().message);
  successor_ = std::move(*started);
  log_.write(LogLevel::info, "take_over.begun",
             {{"by", static_cast<std::int64_t>(successor_->pid())},
              {"limit_ms", static_cast<std::int64_t>(to_ms(Successor::limit))}});
}

Result<std::vector<std::pair<std::string, UniqueFd>>> Control::shared_sockets() const {
  std::vector<std::pair<std::string, UniqueFd>> all;
  auto listeners = pool_.share();
  if (!listeners) return tl::make_unexpected(listeners.error());
  // A .socket unit's keeps a name that says so.
  const auto name_of = [](const std::string& place, bool foreign) {
    return foreign ? std::string("socket-unit") : socket_name(place);
  };
  for (auto& one : *listeners) {
    all.emplace_back(name_of(one.address.to_string(), one.foreign), std::move(one.socket));
  }
  auto ports = stats_.share();
  if (!ports) return tl::make_unexpected(ports.error());
  for (auto& one : *ports) all.emplace_back(name_of(one.place, one.foreign), std::move(one.socket));
  return all;
}

void Control::on_successor_prepared(bool knows_leader) {
  // What this process has seen before may be all that speaks for the leader now, for instance while Patroni
  // is paused and its agents are stopped: clients are better off here.
  if (!knows_leader && driver_.view().leader_id().is_set()) {
    return on_successor_failed("it finds no leader, and this process knows one");
  }
  handing_over_ = true;
  admin_.hold([this](const std::optional<Error>& why) {
    // It would send sessions to nodes that were taken out by hand.
    if (why) return on_successor_failed("what was set by hand cannot be written: " + why->message);
    // That fail-overs cannot be written was told, and loses nothing that anybody relies on.
    collector_.hold_state([this](const std::optional<Error>&) { successor_->go(); });
  });
}

void Control::on_successor_serving() {
  const auto successor = std::move(successor_);
  handing_over_ = false;
  stage_ = Stage::handed_over;
  notifier_.handed_over_to(successor->pid());
  successor->adopted();
  stats_.leave();
  state_lock_.release();
  log_.write(
      LogLevel::info, "take_over.done",
      {{"by", static_cast<std::int64_t>(successor->pid())},
       {"pid", static_cast<std::int64_t>(getpid())},
       {"effect", std::string_view("this process accepts nobody any more; its sessions, and clients that "
                                   "wait, go on until they end; SIGTERM limits that")}});
  pool_.drain({.ports = Leaving::Ports::leave});
}

void Control::on_successor_failed(const std::string& why) {
  end_successor(why, "this process goes on as before");
  // What was ignored meanwhile.
  if (stage_ == Stage::serving) reload_if_any();
}

void Control::end_successor(std::string_view why, std::string_view effect) {
  log_.write(LogLevel::error, "take_over.failed",
             {{"by", static_cast<std::int64_t>(successor_->pid())}, {"why", why}, {"effect", effect}});
  successor_.reset();
  handing_over_ = false;
  admin_.release();
  collector_.release_state();
  state_lock_.sign();
}

void Control::tell_hand_over_refused(std::string_view why) {
  log_.write(LogLevel::error, "take_over.failed",
             {{"why", why}, {"effect", std::string_view("none: everything goes on as before")}});
}

void Control::keep_sockets() {
  std::vector<std::pair<std::string, int>> kept;
  const auto listeners = pool_.share();
  const auto ports = stats_.share();
  if (!listeners || !ports) return;  // out of descriptors: what is kept already stays so
  for (const WorkerPool::Shared& one : *listeners) {
    if (!one.foreign) kept.emplace_back(socket_name(one.address.to_string()), one.socket.get());
  }
  for (const StatsPorts::Shared& one : *ports) {
    if (one.is_port && !one.foreign) kept.emplace_back(socket_name(one.place), one.socket.get());
  }
  notifier_.keep(kept);
}

}  // namespace tamada::router
