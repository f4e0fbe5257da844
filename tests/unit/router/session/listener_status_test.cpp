#include "router/session/listener_status.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::router;

namespace {

// Two workers' counters of one listener.
struct Workers {
  Era era{0};
  std::vector<std::unique_ptr<ListenerCounters>> counters;
  Workers() {
    for (int i = 0; i < 2; ++i) counters.push_back(std::make_unique<ListenerCounters>(era));
  }
  RouteCounters& route(std::size_t worker, NodeId node = NodeId{1}) { return counters[worker]->route(node); }
  ListenerStatus status() const {
    ListenerStatus status;
    status.id = ListenerId{1};
    read_counters(counters, status);
    return status;
  }
};

}  // namespace

TEST_CASE("a duration's average slides over the last values, its maximum stays", "[counter]") {
  const Era era{0};
  DurationCounter counter;
  CHECK(counter.sliding_average_ms() == 0);
  counter.add(10ms, era);
  counter.add(20ms, era);
  CHECK(counter.sliding_average_ms() == 15);
  for (int i = 0; i < 5000; ++i) counter.add(100ms, era);
  CHECK(counter.sliding_average_ms() >= 99);
  CHECK(counter.sliding_average_ms() <= 100);
  for (int i = 0; i < 512; ++i) counter.add(0ms, era);
  CHECK(counter.sliding_average_ms() > 30);  // forgotten by and by: about a third is left
  CHECK(counter.sliding_average_ms() < 42);
  CHECK(counter.max_ms(era) == 100);
  CHECK(counter.count() == 5514);
}

TEST_CASE("a maximum begins anew with the era", "[counter]") {
  Era era{0};
  Maximum maximum;
  maximum.raise(7, era);
  maximum.raise(3, era);
  CHECK(maximum.get(era) == 7);
  ++era;
  CHECK(maximum.get(era) == 0);
  maximum.raise(3, era);
  CHECK(maximum.get(era) == 3);
}

TEST_CASE("a listener's totals are the sum over its routes and workers", "[listener_status]") {
  Workers workers;
  workers.route(0).up_bytes.add(10);
  workers.route(1).up_bytes.add(20);
  workers.route(1, NodeId{2}).up_bytes.add(300);
  workers.counters[0]->nowhere.up_bytes.add(4000);
  workers.route(0).cut.add(2);
  workers.route(1, NodeId{2}).retried.add(3);
  CHECK(&workers.route(0) == &workers.route(0));
  const ListenerStatus status = workers.status();
  CHECK(status.totals.up_bytes == 4330);
  CHECK(status.totals.cut == 2);
  CHECK(status.totals.retried == 3);
  CHECK(status.nowhere.up_bytes == 4000);
  REQUIRE(status.routes.size() == 2);
  CHECK(status.routes[0].node == NodeId{1});
  CHECK(status.routes[0].totals.up_bytes == 30);
  CHECK(status.routes[0].totals.cut == 2);
  CHECK(status.routes[1].totals.up_bytes == 300);
  CHECK(status.routes[1].last_session == std::nullopt);
}

TEST_CASE("averages of workers are weighted by how many each counted", "[listener_status]") {
  Workers workers;
  for (int i = 0; i < 3000; ++i) workers.route(0).connect.add(10ms, workers.era);
  for (int i = 0; i < 1000; ++i) workers.route(1).connect.add(50ms, workers.era);
  const TimeStats stats = workers.status().routes.at(0).totals.connect.stats();
  CHECK(stats.average_ms == 20);
  CHECK(stats.max_ms == 50);
  CHECK(workers.status().all_routes.connect.stats().average_ms == 20);
}

TEST_CASE("waits fall into the bounds of the histogram", "[listener_status]") {
  Workers workers;
  workers.counters[0]->count_wait(0ms);
  workers.counters[0]->count_wait(5ms);  // at most
  workers.counters[1]->count_wait(6ms);
  workers.counters[1]->count_wait(60s);
  workers.counters[1]->count_wait(61s);
  const auto& waits = workers.status().totals.waits;
  CHECK(waits.counts.front() == 2);
  CHECK(waits.counts[1] == 1);
  CHECK(waits.counts[hold_bounds.size() - 1] == 1);
  CHECK(waits.counts.back() == 1);
  CHECK(waits.total() == 5);
  CHECK(waits.sum_s == Approx(121.011));
}

TEST_CASE("what was cleared is subtracted, and the counters go on", "[listener_status]") {
  Workers workers;
  workers.counters[0]->accepted.add(5);
  workers.counters[0]->count_wait(1s);
  workers.route(0).sessions_total.add(5);
  workers.route(0).down_bytes.add(1000);
  for (int i = 0; i < 2000; ++i) workers.route(0).connect.add(80ms, workers.era);
  ClearedTotals cleared;
  const auto seen = [&] {
    std::vector<ListenerStatus> all{workers.status()};
    cleared.subtract(all);
    return all[0];
  };
  CHECK(seen().totals.accepted == 5);
  cleared.clear({workers.status()});
  ListenerStatus status = seen();
  CHECK(status.totals.accepted == 0);
  CHECK(status.totals.down_bytes == 0);
  CHECK(status.totals.waits.total() == 0);
  CHECK(status.totals.waits.sum_s == 0);
  CHECK(status.routes.at(0).totals.sessions_total == 0);
  CHECK(status.routes.at(0).totals.connect.stats().average_ms == 0);
  workers.counters[0]->accepted.add(2);
  workers.route(1).sessions_total.add(2);
  workers.route(1, NodeId{9}).sessions_total.add(1);
  workers.route(0).connect.add(20ms, workers.era);
  workers.route(0).connect.add(10ms, workers.era);
  status = seen();
  CHECK(status.totals.accepted == 2);
  CHECK(status.routes.at(0).totals.sessions_total == 2);
  CHECK(status.routes.at(1).totals.sessions_total == 1);
  CHECK(status.all_routes.sessions_total == 3);
  CHECK(status.routes.at(0).totals.connect.stats().average_ms == 15);  // of what came since
  CHECK(workers.status().totals.accepted == 7);
}
