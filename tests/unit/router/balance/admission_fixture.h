// AdmissionFixture: an Admission with a write and a read listener, and verbs that keep a test short.
#pragma once

#include <catch2/catch.hpp>

#include "router/balance/admission.h"

namespace tamada::router {

inline constexpr ListenerId write_port{1};
inline constexpr ListenerId read_port{2};
inline constexpr NodeId a{1};
inline constexpr NodeId b{2};

inline TimePoint at(Duration since_start) {
  return TimePoint(1000s) + since_start;
}
inline SessionId session(std::uint64_t number) {
  return {0, number};
}

// An Admission with a write and a read listener, and verbs that keep a test short.
struct AdmissionFixture {
  Admission admission{1};
  std::vector<ListenerPolicy> policies{2};
  std::vector<Grant> grants;  // of the last verb, for other sessions
  Generation generation = 0;

  AdmissionFixture() {
    policies[0].id = write_port;
    policies[0].name = "write";
    policies[1].id = read_port;
    policies[1].name = "read";
    policies[1].to = Target::replica;
    configure();
  }
  void configure(TimePoint now = at(0s)) {
    grants.clear();
    admission.configure(policies, now, grants);
  }
  // Every listener gets these nodes, each until `valid_until`.
  void table(std::vector<NodeId> nodes, TimePoint now = at(0s), TimePoint valid_until = at(3600s)) {
    auto table = std::make_shared<RoutingTable>();
    table->generation = ++generation;
    for (const ListenerPolicy& policy : policies) {
      ListenerRoutes routes{policy.id, {}, "no leader: pg-a is stopping", {}};
      for (const NodeId node : nodes) {
        routes.candidates.push_back(
            {node, "pg-" + std::to_string(node.value), *Address::from_ip("10.0.0.1", 5432), valid_until});
      }
      table->listeners.push_back(routes);
    }
    grants.clear();
    admission.apply(table, now, grants);
  }
  Verdict request(std::uint64_t number, TimePoint now = at(0s), ListenerId listener = write_port) {
    grants.clear();
    return admission.request(session(number), listener, *Address::from_ip("10.1.1.1", 40000), now, grants);
  }
  Verdict retry(std::uint64_t number, RetryCause cause, TimePoint now,
                std::string_view why = "connect to 10.0.0.1:5432: connection refused") {
    grants.clear();
    return admission.retry(session(number), cause, why, now, grants);
  }
  void started(std::uint64_t number, TimePoint now = at(0s)) {
    grants.clear();
    admission.started(session(number), true, now, grants);
  }
  void client_owes(std::uint64_t number, bool takes = false, TimePoint now = at(0s)) {
    grants.clear();
    admission.client_owes(session(number), takes, now, grants);
  }
  void ended(std::uint64_t number, TimePoint now = at(0s)) {
    grants.clear();
    admission.ended(session(number), now, grants);
  }
  std::vector<Expiry> expire(TimePoint now) {
    grants.clear();
    return admission.expire(now, grants);
  }
  std::vector<std::uint64_t> granted() const {
    std::vector<std::uint64_t> numbers;
    for (const Grant& grant : grants) numbers.push_back(grant.session.number);
    return numbers;
  }
};

inline NodeId node_of(const Verdict& verdict) {
  const Grant* grant = std::get_if<Grant>(&verdict);
  return grant == nullptr ? NodeId{} : grant->candidate.node;
}
inline bool is_held(const Verdict& verdict) {
  return std::holds_alternative<Held>(verdict);
}
inline std::string message(const Verdict& verdict) {
  return std::get<Refusal>(verdict).message;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace tamada::router
