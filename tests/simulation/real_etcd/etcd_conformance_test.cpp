// The model of etcd is held to a real etcd: both get the same sequences of operations, and answer alike.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "tests/simulation/engine/random.h"
#include "tests/simulation/real_etcd/etcd_pair.h"

using namespace tamada;
using namespace tamada::simulation;
using etcd::Compare;
using etcd::Operation;
using etcd::Scope;

namespace {

// Draws requests that mostly make sense: keys that meet each other, numbers near those that are there.
class Drawer {
 public:
  Drawer(std::uint64_t seed, EtcdPair& pair) : random_(seed), pair_(pair) {}

  void one() {
    switch (random_.below(20)) {
      case 0:
      case 1:
      case 2:
        return pair_.put({key(), value(), lease()});
      case 3:
      case 4:
      case 5:
      case 6:
        return pair_.txn({compares(), operations(), operations()});
      case 7:
      case 8:
        return pair_.remove({key(), scope(), compares()});
      case 9:
      case 10:
        return (void)pair_.range({key(), scope(), random_.chance(1, 2)});
      case 11:
      case 12:
        return pair_.grant(random_.between(1, 3) * 3600);
      case 13:
        return pair_.keep_alive(lease());
      case 14:
        return random_.chance(1, 2) ? pair_.revoke(lease()) : pair_.time_to_live(lease());
      case 15:
        return pair_.time_to_live(lease());
      case 16:
        // Refused where it is in the future, or was compacted already.
        pair_.compare_watches();
        // A new etcd takes a compaction to revision 0 once, as done; nobody asks for it.
        return pair_.compact(std::max<std::int64_t>(1, number_near(pair_.model().store().revision())));
      case 17:
        pair_.set_full(full_ = random_.chance(1, 3) && !full_);
        return;
      case 18:
        return watch();
      default:
        return (void)pair_.range({"", Scope::prefix, false});
    }
  }

  // A lease of a second with keys, another key of which is moved to another lease: which ones go with it?
  void short_lease() {
    if (std::exchange(full_, false)) pair_.set_full(false);
    pair_.grant(1);
    const auto number = static_cast<std::int64_t>(pair_.lease_count());
    pair_.put({key(), value(), number});
    pair_.put({key(), value(), number});
    pair_.put({key(), value(), number});
    pair_.put({key(), value(), 0});
    pair_.let_end(number);
    pair_.range({"", Scope::prefix, false});
    pair_.keep_alive(number);
    pair_.revoke(number);
    pair_.put({key(), value(), number});
    pair_.compare_watches();
  }

 private:
  std::string key() {
    static const std::vector<std::string> keys{"/a", "/a/1", "/a/2", "/a/2/x", "/b", "/b\xff", "/c"};
    return random_.pick(keys);
  }
  std::string value() {
    static const std::vector<std::string> values{"", "one", "two", "three\n"};
    return random_.pick(values);
  }
  Scope scope() { return random_.chance(1, 3) ? Scope::prefix : Scope::key; }
  // Also none, and one that was not granted.
  std::int64_t lease() {
    if (random_.chance(1, 3)) return 0;
    const auto granted = static_cast<std::int64_t>(pair_.lease_count());
    return random_.between(1, std::max<std::int64_t>(1, granted + (random_.chance(1, 8) ? 1 : 0)));
  }
  std::int64_t number_near(std::int64_t number) { return number + random_.between(-2, 2); }

  std::vector<Compare> compares() {
    std::vector<Compare> all;
    const std::uint64_t count = random_.below(3);
    for (std::uint64_t i = 0; i < count; ++i) all.push_back(compare());
    return all;
  }
  Compare compare() {
    Compare one;
    one.key = key();
    one.target = static_cast<Compare::Target>(random_.below(5));
    one.op = static_cast<Compare::Operator>(random_.below(4));
    const etcd::KeyValue* kv = pair_.model().store().find(one.key);
    switch (one.target) {
      case Compare::Target::version:
        one.number = random_.chance(1, 2) && kv != nullptr ? kv->version : random_.between(0, 3);
        break;
      case Compare::Target::create_revision:
        one.number = kv != nullptr ? number_near(kv->create_revision) : random_.between(0, 1);
        break;
      case Compare::Target::mod_revision:
        one.number = kv != nullptr ? number_near(kv->mod_revision) : random_.between(0, 1);
        break;
      case Compare::Target::value:
        one.value = value();
        break;
      case Compare::Target::lease:
        one.number = lease();
        // Ids are given out by chance: only whether they are the same can be compared.
        one.op = random_.chance(1, 2) ? Compare::Operator::equal : Compare::Operator::not_equal;
        break;
    }
    return one;
  }
  std::vector<Operation> operations() {
    std::vector<Operation> all;
    const std::uint64_t count = random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      Operation one;
      one.kind = static_cast<Operation::Kind>(random_.below(3));
      one.key = key();
      if (one.kind == Operation::Kind::put) {
        one.value = value();
        one.lease = lease();
      } else {
        one.scope = scope();
      }
      all.push_back(std::move(one));
    }
    return all;
  }
  void watch() {
    const EtcdStore& store = pair_.model().store();
    // Whether an event of just the compacted revision is still there, etcd leaves open.
    const std::int64_t start =
        random_.between(std::max<std::int64_t>(1, store.compacted() - 3), store.revision() + 2);
    if (start != store.compacted() && !full_) pair_.watch(key(), scope(), start);
  }

  Random random_;
  EtcdPair& pair_;
  bool full_ = false;
};

void run_sequence(std::uint64_t seed) {
  INFO("seed " << seed);
  EtcdPair pair;
  Drawer drawer(seed, pair);
  pair.watch("", Scope::prefix, 1);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 150; ++i) drawer.one();
    if (round == 1) {
      pair.restart();
    } else {
      drawer.short_lease();
    }
  }
  pair.compare_watches();
  CHECK(pair.compared() > 400);
}

}  // namespace

TEST_CASE("the model answers as a real etcd does, in sequences that are always the same", "[etcd][model]") {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  run_sequence(seed);
}

TEST_CASE("the model answers as a real etcd does, in a sequence that is new each time", "[etcd][model]") {
  const auto seed = static_cast<std::uint64_t>(loop::boot_now().time_since_epoch().count()) ^
                    (static_cast<std::uint64_t>(getpid()) << 40);
  std::cout << "etcd_conformance: fresh seed " << seed << std::endl;
  run_sequence(seed);
}

TEST_CASE("what etcd refuses, the model refuses with the same words", "[etcd][model]") {
  EtcdPair pair;
  pair.put({"", "x", 0});
  pair.range({"", Scope::key, false});
  pair.put({"/a", "x", 1});
  pair.txn({{Compare::absent("")}, {}, {}});
  pair.txn({{}, {{Operation::Kind::put, "/a", "1", 0}, {Operation::Kind::put, "/a", "2", 0}}, {}});
  pair.txn(
      {{}, {}, {{Operation::Kind::put, "/a", "1", 0}, {Operation::Kind::remove, "/", "", 0, Scope::prefix}}});
  pair.txn({{}, {{Operation::Kind::put, "/a", "1", 0}, {Operation::Kind::put, "/b", "2", 5}}, {}});
  pair.range({"", Scope::prefix, false});  // nothing of it was carried out
  pair.grant(3600);
  pair.put({"/a", "x", 1});
  pair.set_full(true);
  pair.put({"/a", "y", 0});
  pair.put({"/a", "y", 7});
  pair.grant(3600);
  pair.keep_alive(1);
  pair.txn({{Compare::absent("/none")}, {}, {{Operation::Kind::put, "/a", "1", 0}}});
  pair.txn({{Compare::absent("/none")}, {{Operation::Kind::range, "/a", "", 0}}, {}});
  pair.remove({"/a", Scope::key, {}});
  pair.revoke(1);
  pair.set_full(false);
  pair.compact(100);
  pair.compact(2);
  pair.compact(2);
}
