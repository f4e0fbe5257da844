#include "tests/simulation/world/random_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace tamada::simulation {
namespace {

constexpr Duration quiet_before = 60s;
constexpr Duration fault_time = 9min;
constexpr Duration heal_limit = 5min;
constexpr Duration router_limit = 90s;  // an identity in dispute is adopted after a minute

WorldOptions random_options(Random& random) {
  WorldOptions options;
  options.nodes = random.chance(1, 4) ? 2 : 3;
  options.etcd_members = random.chance(1, 6) ? 1 : 3;
  ha::ClusterSettings& settings = options.settings;
  if (random.chance(1, 3)) {
    settings.ttl = std::chrono::seconds(20);
    settings.loop_wait = random.chance(1, 2) ? Duration(1s) : Duration(4s);
    settings.retry_timeout = 8s;
  }
  settings.synchronous_mode = random.chance(2, 3);
  settings.synchronous_mode_strict = settings.synchronous_mode && random.chance(1, 5);
  settings.synchronous_node_count = random.chance(1, 4) ? 2 : 1;
  settings.use_pg_rewind = random.chance(3, 4);
  settings.remove_data_on_rewind_failure = random.chance(1, 2);
  settings.remove_data_on_diverged_timelines = random.chance(1, 2);
  if (random.chance(1, 5)) settings.primary_start_timeout = 0s;
  settings.check_timeline = random.chance(1, 5);
  return options;
}

// One fault or one operator's act: what begins now, and what ends it.
class Faults {
 public:
  Faults(World& world, Random random)
      : world_(world),
        random_(random),
        later_(random.fork(1)),
        guard_(random.fork(2)),
        ill_(random.fork(3)) {}

  void begin_one() {
    const std::string node = random_.pick(world_.names());
    const Duration span = random_.chance(1, 3) ? random_.between(100ms, 3s) : random_.between(3s, 75s);
    switch (random_.below(31)) {
      case 0:
      case 1:
        return kill_agent(node, span);
      case 2:
      case 3:
        return act(node, "the server crashes", [this, node] { world_.server(node)->crash(); });
      case 4:
      case 5:
        world_.freeze_machine(node, true);
        return end(span, [this, node] { world_.freeze_machine(node, false); });
      case 6:
        return freeze_agent(node, span);
      case 7:
        world_.tell(node, "the server hangs");
        world_.server(node)->hang(true);
        return end(span, [this, node] { world_.server(node)->hang(false); });
      case 8:
        world_.tell(node, "the disk stalls");
        world_.server(node)->stall(true);
        return end(span, [this, node] { world_.server(node)->stall(false); });
      case 9:
      case 10:
        world_.power_off(node);
        return end(span, [this, node] { world_.power_on(node); });
      case 11:
        return cut_some(node, span);
      case 12:
        world_.isolate(node);
        return end(span, [this] { world_.links().heal_all(); });
      case 13:
        return bad_network(span);
      case 14:
        return etcd_member(span);
      case 15:
        return etcd_member(span);
      case 16:
        return act("etcd", "the leader changes", [this] { world_.etcd().change_leader(); });
      case 17:
        return etcd_trouble(span);
      case 18:
        return act(node, "the guard is killed", [this, node] { world_.agent(node)->guard().kill(); });
      case 19:
        return damage(node);
      case 20:
      case 21:
        return world_.switch_over(random_.chance(1, 2) ? node : std::string());
      case 22:
        return world_.fail_over(node);
      case 23:
        return act(node, "an operator restarts the server",
                   [this, node] { world_.agent(node)->restart_server(); });
      case 24:
        return act(node, "an operator builds the node anew",
                   [this, node] { world_.agent(node)->reinitialize(); });
      case 25:
        act(node, "the agent is asked to end", [this, node] { world_.agent(node)->ask_to_leave(); });
        return end(span + 5s, [this, node] { world_.start_agent(node); });
      case 26:
        return change_mode();
      case 27:
        world_.change_settings([](ha::ClusterSettings& settings) { settings.pause = true; });
        world_.tell("op", "pause");
        return end(span, [this] {
          world_.tell("op", "resume");
          world_.change_settings([](ha::ClusterSettings& settings) { settings.pause = false; });
        });
      case 28:
        for (int i = 0; i < 4; ++i) {
          world_.scheduler().after(i * 3s, [this, node] { world_.agent(node)->fail_unexpectedly(); });
        }
        return;
      case 29:
        return pose(node);
      default:
        return reset_etcd();
    }
  }

  // Draws nothing from what the others draw from.
  void begin_later_one() {
    if (later_.chance(1, 6)) freeze_until_vote();
    if (later_.chance(1, 8) && world_.router() != nullptr) trouble_router();
    if (guard_.chance(1, 10)) freeze_guard();
    if (ill_.chance(1, 8)) make_ill();
  }

 private:
  void act(const std::string& who, const std::string& words, const std::function<void()>& work) {
    world_.tell(who, words);
    work();
  }
  void end(Duration span, std::function<void()> work) { world_.scheduler().after(span, std::move(work)); }

  void kill_agent(const std::string& node, Duration span) {
    world_.agent(node)->kill();
    end(span, [this, node] { world_.start_agent(node); });
  }
  void freeze_agent(const std::string& node, Duration span) {
    act(node, "the agent freezes", [this, node] { world_.agent(node)->process().freeze(); });
    end(span, [this, node] {
      if (!world_.machine_runs(node)) return;
      world_.tell(node, "the agent thaws");
      world_.agent(node)->process().thaw();
    });
  }
  // Alone: where neither the guard nor the agent runs, nothing on the node can end its server.
  void freeze_guard() {
    const std::string leader = world_.leader();
    const std::string node = leader.empty() || guard_.chance(1, 4) ? guard_.pick(world_.names()) : leader;
    if (!world_.agent(node)->process().runs()) return;
    world_.tell(node, "the guard freezes");
    world_.agent(node)->guard().process().freeze();
    thaw_guard(node, world_.scheduler().now() + guard_.between(500ms, 45s));
  }
  void thaw_guard(const std::string& node, TimePoint limit) {
    if (world_.agent(node)->process().is_frozen() && !world_.machine_runs(node)) return;
    if (world_.agent(node)->process().runs() && world_.scheduler().now() < limit)
      return end(20ms, [this, node, limit] { thaw_guard(node, limit); });
    world_.tell(node, "the guard thaws");
    world_.agent(node)->guard().process().thaw();
  }
  // What keeps a node from leading that looks well.
  void make_ill() {
    const std::string leader = world_.leader();
    const std::string node = leader.empty() || ill_.chance(1, 2) ? ill_.pick(world_.names()) : leader;
    const Duration span = ill_.between(3s, 75s);
    ServerModel* server = world_.server(node);
    switch (ill_.below(3)) {
      case 0:
        act(node, "promotions fail", [server] { server->refuse_promotions(true); });
        return end(span, [server] { server->refuse_promotions(false); });
      case 1:
        // So that it is looked at.
        act(node, "the data cannot be read, and the server crashes", [server] {
          server->hide_data(true);
          server->crash();
        });
        return end(span, [server] { server->hide_data(false); });
      default: {
        ha::NodeTags tags;
        tags.nofailover = ill_.chance(1, 2);
        tags.failover_priority = static_cast<int>(1 + ill_.below(3));
        tags.sync_priority = static_cast<int>(ill_.below(3));
        act(node, "its tags change", [this, node, tags] { world_.agent(node)->set_tags(tags); });
        return end(span, [this, node] { world_.agent(node)->set_tags({}); });
      }
    }
  }
  void cut_some(const std::string& node, Duration span) {
    std::string other = random_.pick(world_.names());
    if (other == node) other = etcd_place(random_.below(world_.etcd().size()));
    const bool from_here = random_.chance(1, 2);
    world_.cut(from_here ? node : other, from_here ? other : node, random_.chance(1, 2));
    end(span, [this] { world_.links().heal_all(); });
  }
  void bad_network(Duration span) {
    act("net", "packets are lost and late", [this] {
      world_.links().set_loss(static_cast<unsigned>(random_.between(5, 200)));
      world_.links().set_delay(1ms, random_.between(10ms, 700ms));
    });
    end(span, [this] { world_.links().heal_all(); });
  }
  void etcd_member(Duration span) {
    EtcdModel& etcd = world_.etcd();
    const std::size_t member = static_cast<std::size_t>(random_.below(etcd.size()));
    world_.tell(etcd_place(member), "fails");
    switch (random_.below(3)) {
      case 0:
        etcd.freeze(member, random_.chance(1, 2) ? FrozenClock::goes_on : FrozenClock::stands_still);
        return end(span, [&etcd, member] { etcd.thaw(member); });
      case 1:
        etcd.kill(member);
        return end(span, [&etcd, member] { etcd.start(member); });
      default:
        etcd.cut_off(member);
        return end(span, [&etcd, member] { etcd.heal(member); });
    }
  }
  void etcd_trouble(Duration span) {
    EtcdModel& etcd = world_.etcd();
    if (random_.chance(1, 2)) {
      world_.tell("etcd", "is full");
      etcd.set_full(true);
      return end(span, [&etcd] { etcd.set_full(false); });
    }
    world_.tell("etcd", "is slow");
    etcd.set_commit_delay(random_.between(50ms, 3s));
    end(span, [&etcd] { etcd.set_commit_delay(0us); });
  }
  // Only where the others have everything: what no program can prevent is not asked of this one.
  void damage(const std::string& node) {
    if (world_.leader().empty() || world_.leader() == node || damaged_++ > 0 || world_.names().size() < 3)
      return;
    act(node, "the data are damaged", [this, node] {
      if (random_.chance(1, 2)) {
        world_.server(node)->break_control_file();
      } else {
        world_.server(node)->empty_data();
      }
    });
  }
  void change_mode() {
    act("op", "the synchronous mode is changed", [this] {
      world_.change_settings([this](ha::ClusterSettings& settings) {
        settings.synchronous_mode = random_.chance(3, 4);
        settings.synchronous_mode_strict = settings.synchronous_mode && random_.chance(1, 4);
        settings.synchronous_node_count = random_.chance(1, 3) ? 2 : 1;
      });
    });
  }
  void trouble_router() {
    RouterHost& router = *world_.router();
    const Duration span = later_.between(100ms, 20s);
    const std::string node = later_.pick(world_.names());
    switch (later_.below(3)) {
      case 0:
        return act(RouterHost::place, "the router is started anew", [&router] { router.start(); });
      case 1:
        world_.tell(RouterHost::place, "the router freezes");
        router.process().freeze();
        return end(span / 2, [&router] { router.process().thaw(); });
      default:
        world_.cut(node, RouterHost::place, later_.chance(1, 2));
        return end(span, [this, node] {
          world_.links().heal(node, RouterHost::place);
          world_.links().heal(RouterHost::place, node);
        });
    }
  }
  // A leader stands still until others have voted about who follows it, and comes back while one of them is promoted: its
  // backends write for a moment before its guard has its turn.
  void freeze_until_vote() {
    const std::string leader = world_.leader();
    if (leader.empty() || !world_.machine_runs(leader)) return;
    world_.freeze_machine(leader, true);
    thaw_after_vote(leader, world_.scheduler().now() + 70s);
  }
  void thaw_after_vote(const std::string& leader, TimePoint limit) {
    const auto has_voted = [this](const std::string& name) { return world_.agent(name)->has_voted(); };
    const std::vector<std::string>& names = world_.names();
    const bool is_time =
        world_.scheduler().now() >= limit || std::any_of(names.begin(), names.end(), has_voted);
    if (!is_time) return end(20ms, [this, leader, limit] { thaw_after_vote(leader, limit); });
    end(later_.between(Duration(0us), Duration(3500ms)),
        [this, leader] { world_.thaw_machine(leader, later_.between(50ms, 200ms)); });
  }
  // A second node of one name comes in the moment that the lock is free.
  // Not after a pause: a leader whose guard was off then is left alone by the real ones only.
  void pose(const std::string& node) {
    if (world_.was_paused()) return;
    world_.power_off(node);
    end(45s, [this, node] { world_.power_on(node); });
    for (int i = 0; i < 400; ++i) {
      world_.scheduler().after(100ms * i, [this, node] {
        if (!world_.was_paused() && world_.lock_holder().empty() && world_.etcd().is_serving())
          world_.pose_as(node, 5s);
      });
    }
  }
  void reset_etcd() {
    if (!random_.chance(1, 4)) return;
    act("etcd", "is wiped", [this] {
      world_.etcd().wipe();
      world_.etcd_was_reset();
      world_.change_settings([](ha::ClusterSettings&) {});
    });
  }

  World& world_;
  Random random_;
  Random later_;
  Random guard_;  // of what happens to guards
  Random ill_;    // of what keeps a node from leading
  int damaged_ = 0;
};

}  // namespace

HistoryResult play_random_history(std::uint64_t seed, const HistoryOptions& options) {
  Random random(seed ^ 0x9e3779b97f4a7c15ULL);
  WorldOptions world_options = random_options(random);
  world_options.mistakes = options.mistakes;
  world_options.keeps_frozen_streams = options.has_later_faults;
  // The router costs as much time as all the others.
  world_options.has_router = options.has_later_faults && random.fork(8).chance(1, 3);
  World world(seed, world_options);
  Faults faults(world, random.fork(7));
  std::string breach;
  if (!world.run_until([&] { return world.is_whole(); }, quiet_before) && world.breach().empty()) {
    breach = "the cluster does not come up";
  }
  const TimePoint end = world.scheduler().now() + fault_time;
  while (breach.empty() && world.breach().empty() && world.scheduler().now() < end) {
    // Some calm, then several at once.
    world.run_for(random.chance(1, 3) ? random.between(100ms, 5s) : random.between(5s, 40s));
    for (std::uint64_t i = random.chance(1, 4) ? 1 + random.below(4) : 1; i > 0; --i) faults.begin_one();
    if (options.has_later_faults) faults.begin_later_one();
  }
  if (breach.empty() && world.breach().empty()) {
    world.run_for(80s);  // every fault ends by itself
    world.heal();
    if (!world.run_until([&] { return world.is_whole(); }, heal_limit) && world.breach().empty()) {
      breach = "everything is healed, and the cluster does not become whole";
      world.tell("", "in the end:\n" + world.summary());
    }
  }
  const auto is_routed = [&] {
    return world.router() == nullptr || world.router()->leader() == world.leader();
  };
  if (breach.empty() && world.breach().empty() && !world.run_until(is_routed, router_limit) &&
      world.breach().empty()) {
    breach = "the cluster is whole, and the router does not find its leader: " + world.router()->reason();
  }
  HistoryResult result;
  result.breach = world.breach().empty() ? breach : world.breach();
  if (!result.breach.empty() || options.keep_history) {
    result.history = fmt::format("seed {}: {}\n{}", seed, result.breach, world.history());
  }
  result.rows = world.rows_reached();
  result.acknowledged = world.acknowledged_count();
  result.promotions = world.promotions();
  return result;
}

}  // namespace tamada::simulation
