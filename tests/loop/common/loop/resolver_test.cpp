#include "common/loop/resolver.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tests/support/loop_fixture.h"
#include "tests/support/raw_socket.h"

using namespace tamada;
using namespace tamada::loop;

namespace {

// Look-ups that hang until the test lets them go; shared with threads that may outlive the test.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  int waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  int waiting_ = 0;
};

// Every name hangs that begins with "hang"; the others are 127.0.0.1.
Resolver::Options hanging(const std::shared_ptr<Gate>& gate, unsigned max_threads = 16) {
  Resolver::Options options;
  options.max_threads = max_threads;
  options.lookup = [gate](const std::string& host) -> Resolver::Answer {
    if (host.starts_with("hang")) gate->pass();
    return std::vector<Address>{loopback()};
  };
  return options;
}

}  // namespace

TEST_CASE("an IP literal is answered without a thread, and not from inside the call", "[resolver]") {
  LoopFixture test;
  Resolver::Options options;
  options.lookup = [](const std::string&) -> Resolver::Answer { std::abort(); };
  Resolver resolver(test.loop, options);
  for (const char* literal : {"10.0.0.1", "2001:db8::1", "::1"}) {
    std::optional<Resolver::Answer> answer;
    const Lookup lookup = resolver.resolve(literal, [&](const Resolver::Answer& a) { answer = a; });
    CHECK_FALSE(answer);
    CHECK(lookup.is_pending());
    REQUIRE(test.run_until([&] { return answer.has_value(); }));
    REQUIRE(answer->has_value());
    REQUIRE((*answer)->size() == 1);
    CHECK((**answer)[0].ip() == literal);
    CHECK((**answer)[0].port() == 0);
    CHECK_FALSE(lookup.is_pending());
  }
}

TEST_CASE("localhost is found by the system", "[resolver]") {
  LoopFixture test;
  Resolver resolver(test.loop);
  std::optional<Resolver::Answer> answer;
  const Lookup lookup = resolver.resolve("localhost", [&](const Resolver::Answer& a) { answer = a; });
  REQUIRE(test.run_until([&] { return answer.has_value(); }));
  REQUIRE(answer->has_value());
  bool found = false;
  for (const Address& one : **answer) found = found || one.ip() == "127.0.0.1" || one.ip() == "::1";
  CHECK(found);
}

TEST_CASE("a name that cannot exist is unresolved, and the words name it", "[resolver]") {
  LoopFixture test;
  Resolver resolver(test.loop);
  std::optional<Resolver::Answer> answer;
  // Too long for a label: refused by the system without asking anybody.
  const std::string name(70, 'x');
  const Lookup lookup = resolver.resolve(name, [&](const Resolver::Answer& a) { answer = a; });
  REQUIRE(test.run_until([&] { return answer.has_value(); }));
  REQUIRE_FALSE(answer->has_value());
  CHECK(answer->error().kind == ErrorKind::unresolved);
  CHECK(answer->error().message == "resolve " + name + ": no such name (EAI_NONAME)");
}

TEST_CASE("asking for a name in flight joins the look-up", "[resolver]") {
  LoopFixture test;
  const auto gate = std::make_shared<Gate>();
  const auto calls = std::make_shared<std::atomic<int>>(0);
  Resolver::Options options;
  options.lookup = [gate, calls](const std::string&) -> Resolver::Answer {
    ++*calls;
    gate->pass();
    return std::vector<Address>{loopback()};
  };
  Resolver resolver(test.loop, options);
  int answers = 0;
  const auto count = [&](const Resolver::Answer&) { ++answers; };
  const Lookup one = resolver.resolve("pg1", count);
  const Lookup two = resolver.resolve("pg1", count);
  REQUIRE(test.run_until([&] { return gate->waiting() == 1; }));
  { const Lookup cancelled = resolver.resolve("pg1", count); }
  const Lookup three = resolver.resolve("pg1", count);
  gate->open();
  REQUIRE(test.run_until([&] { return answers == 3; }));
  CHECK(*calls == 1);
  test.run_turns();
  CHECK(answers == 3);
  // The next question is a new look-up.
  const Lookup later = resolver.resolve("pg1", count);
  REQUIRE(test.run_until([&] { return answers == 4; }));
  CHECK(*calls == 2);
}

TEST_CASE("names that hang do not hold up the others", "[resolver]") {
  LoopFixture test;
  const auto gate = std::make_shared<Gate>();
  Resolver resolver(test.loop, hanging(gate, 4));
  std::vector<Lookup> hung;
  for (const char* name : {"hang1", "hang2", "hang3"}) {
    hung.push_back(resolver.resolve(name, [](const Resolver::Answer&) {}));
  }
  REQUIRE(test.run_until([&] { return gate->waiting() == 3; }));
  int answers = 0;
  std::vector<Lookup> quick;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    quick.push_back(resolver.resolve(name, [&](const Resolver::Answer&) { ++answers; }));
  }
  REQUIRE(test.run_until([&] { return answers == 5; }));
  CHECK(gate->waiting() == 3);
  gate->open();
}

TEST_CASE("the number of threads is bounded, further names wait their turn", "[resolver]") {
  LoopFixture test;
  const auto gate = std::make_shared<Gate>();
  Resolver resolver(test.loop, hanging(gate, 2));
  int answers = 0;
  const auto count = [&](const Resolver::Answer&) { ++answers; };
  std::vector<Lookup> all;
  for (const char* name : {"hang1", "hang2", "hang3", "quick"}) all.push_back(resolver.resolve(name, count));
  REQUIRE(test.run_until([&] { return gate->waiting() == 2; }));
  test.run_for(20ms);
  CHECK(gate->waiting() == 2);
  CHECK(answers == 0);
  gate->open();
  REQUIRE(test.run_until([&] { return answers == 4; }));
}

namespace {

// Each look-up of "pg1" hangs that is told to; the answer tells its number, from 1, as the address.
class Numbered {
 public:
  Resolver::Options options(std::vector<int> hanging, std::size_t per_name = 8) {
    Resolver::Options options;
    options.limit = 20ms;
    options.hung_per_name = per_name;
    options.lookup = [gate = gate, calls = calls, hanging](const std::string& host) -> Resolver::Answer {
      if (host != "pg1") return std::vector<Address>{loopback()};
      const int number = ++*calls;
      if (std::find(hanging.begin(), hanging.end(), number) != hanging.end()) gate->pass();
      return std::vector<Address>{*Address::from_ip("10.0.0." + std::to_string(number), 0)};
    };
    return options;
  }
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);
};

// Asks and waits for the one answer: an address, or why there is none.
std::string ask(LoopFixture& test, Resolver& resolver, const std::string& name) {
  std::string told;
  const Lookup lookup = resolver.resolve(name, [&](const Resolver::Answer& answer) {
    told = answer ? (*answer)[0].ip() : answer.error().message;
  });
  REQUIRE(test.run_until([&] { return !told.empty(); }));
  return told;
}

}  // namespace

TEST_CASE("a look-up that takes too long is answered, and the next one starts beside it", "[resolver]") {
  LoopFixture test;
  Numbered names;
  Resolver resolver(test.loop, names.options({1}));
  CHECK(ask(test, resolver, "pg1") == "resolve pg1: no answer within 20ms");
  CHECK(ask(test, resolver, "pg1") == "10.0.0.2");
  // What comes back late is older than that: nobody hears of it.
  names.gate->open();
  test.run_for(20ms);
  CHECK(ask(test, resolver, "pg1") == "10.0.0.3");
}

TEST_CASE("how many look-ups of a name hang is bounded, and no other name's trouble", "[resolver]") {
  LoopFixture test;
  Numbered names;
  Resolver::Options options = names.options({1, 2, 3, 4, 5, 6, 7, 8, 9}, 2);
  options.max_threads = 1;
  Resolver resolver(test.loop, options);
  for (int i = 0; i < 6; ++i) {
    CHECK(ask(test, resolver, "pg1").starts_with("resolve pg1: no answer within 20ms"));
    // A busy machine may not run the thread within 20 ms: whoever wants the name asks again, and gets it.
    const TimePoint give_up = boot_now() + 30s;
    while (ask(test, resolver, "pg2") != "127.0.0.1") REQUIRE(boot_now() < give_up);
  }
  CHECK(*names.calls <= 2);
  // One that comes back after all serves who waits for the name now.
  std::string told;
  const Lookup lookup = resolver.resolve(
      "pg1", [&](const Resolver::Answer& answer) { told = answer ? (*answer)[0].ip() : ""; });
  names.gate->open();
  REQUIRE(test.run_until([&] { return !told.empty(); }));
  CHECK(told.starts_with("10.0.0."));
}

TEST_CASE("a look-up that waits for a thread in vain is answered as well", "[resolver]") {
  LoopFixture test;
  const auto gate = std::make_shared<Gate>();
  Resolver::Options options = hanging(gate, 1);
  options.limit = 20ms;
  Resolver resolver(test.loop, options);
  std::vector<std::string> told;
  std::vector<Lookup> lookups;
  for (const char* name : {"hang1", "quick"}) {
    lookups.push_back(resolver.resolve(name, [&told](const Resolver::Answer& answer) {
      told.push_back(answer ? "found" : answer.error().message);
    }));
  }
  // Its thread is given to another when the first is left behind.
  REQUIRE(test.run_until([&] { return told.size() == 2; }));
  CHECK(ask(test, resolver, "quick") == "127.0.0.1");
  gate->open();
}

TEST_CASE("a look-up that hangs holds up neither the resolver's nor the loop's end", "[resolver]") {
  const auto gate = std::make_shared<Gate>();
  bool called = false;
  {
    LoopFixture test;
    {
      Resolver resolver(test.loop, hanging(gate));
      const Lookup lookup = resolver.resolve("hang", [&](const Resolver::Answer&) { called = true; });
      REQUIRE(test.run_until([&] { return gate->waiting() == 1; }));
    }
    test.run_turns();
  }
  // Only now, when resolver and loop are gone, does the thread come back.
  gate->open();
  CHECK_FALSE(called);
}

TEST_CASE("an answer on its way when the resolver goes is not delivered", "[resolver]") {
  LoopFixture test;
  const auto done = std::make_shared<std::atomic<bool>>(false);
  Resolver::Options options;
  options.lookup = [done](const std::string&) -> Resolver::Answer {
    *done = true;
    return std::vector<Address>{loopback()};
  };
  bool called = false;
  Lookup survivor;
  {
    Resolver resolver(test.loop, options);
    survivor = resolver.resolve("pg1", [&](const Resolver::Answer&) { called = true; });
    while (!*done) std::this_thread::yield();
  }
  CHECK_FALSE(survivor.is_pending());
  test.run_for(20ms);
  CHECK_FALSE(called);
}

TEST_CASE("a cancelled look-up does not call back, also one that is just being answered", "[resolver]") {
  LoopFixture test;
  Resolver resolver(test.loop);
  std::string called;
  Lookup second;
  const Lookup first = resolver.resolve("127.0.0.1", [&](const Resolver::Answer&) {
    called += "first ";
    second.cancel();
  });
  second = resolver.resolve("127.0.0.1", [&](const Resolver::Answer&) { called += "second "; });
  test.run_for(10ms);
  CHECK(called == "first ");
}

TEST_CASE("the resolver, and the look-up, may be destroyed inside a callback", "[resolver]") {
  LoopFixture test;
  auto resolver = std::make_unique<Resolver>(test.loop, hanging(std::make_shared<Gate>()));
  std::string called;
  auto own = std::make_unique<Lookup>();
  Lookup other;
  const char* name = GENERATE("127.0.0.1", "pg1");
  *own = resolver->resolve(name, [&](const Resolver::Answer& answer) {
    own.reset();
    resolver.reset();
    called += answer ? "yes " : "no ";
  });
  other = resolver->resolve(name, [&](const Resolver::Answer&) { called += "other "; });
  REQUIRE(test.run_until([&] { return resolver == nullptr; }));
  test.run_turns();
  CHECK(called == "yes ");
}
