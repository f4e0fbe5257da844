// How the simulated router asks the nodes: over the links, with an end of the wait for each answer.
#include <utility>

#include "tests/simulation/world/router_host.h"
#include "tests/simulation/world/world.h"

namespace tamada::simulation {
namespace {

constexpr Duration answer_limit = 2s;  // checks.timeout

router::ClusterEvent silence(const router::Ask& ask, TimePoint sent, router::Silence how) {
  switch (ask.kind) {
    case router::AskKind::master:
    case router::AskKind::replica: {
      router::PollAnswer answer;
      answer.node = ask.node;
      answer.asked = ask.kind;
      answer.sent = sent;
      answer.silence = how;
      answer.stage = router::PollAnswer::Stage::connect;
      return answer;
    }
    case router::AskKind::cluster:
      return router::ClusterAnswer{ask.node, sent, {}};
    case router::AskKind::config:
      return router::ConfigAnswer{ask.node, sent, {}};
    case router::AskKind::postgres:
      break;
  }
  router::PostgresAnswer answer{ask.node, sent};
  answer.silence = how;
  return answer;
}

Address address_of(router::NodeId node) {
  return Address::from_ip("10.0.0." + std::to_string(node.value), 5432).value();
}

}  // namespace

bool RouterHost::loses(const std::string& from, const std::string& to) {
  return world_.links().loses(from, to, random_);
}

void RouterHost::make(const router::Ask& ask) {
  const auto question = std::make_shared<Question>(Question{ask, process_.now(), life_});
  process_.after(answer_limit, [this, question] { hear_nothing(question, router::Silence::timeout); });
  const std::string& node = name_of(ask.node);
  if (loses(place, node)) return;
  world_.scheduler().after(world_.links().delay(random_), [this, question, node] {
    if (!world_.machine_is_on(node)) return;
    if (question->ask.kind == router::AskKind::postgres) return ask_postgres(question, node);
    ask_rest(question, node);
  });
}

void RouterHost::hear(const QuestionPtr& question, const router::ClusterEvent& event) {
  if (question->life != life_ || !std::exchange(question->is_open, false)) return;
  if (const auto* poll = std::get_if<router::PollAnswer>(&event)) note(*poll);
  apply(event);
}

void RouterHost::hear_nothing(const QuestionPtr& question, router::Silence how) {
  hear(question, silence(question->ask, question->sent, how));
}

// On the node.
void RouterHost::ask_rest(const QuestionPtr& question, const std::string& node) {
  const auto back = [this, question, node](const router::ClusterEvent& event) {
    if (loses(node, place)) return;
    process_.after(world_.links().delay(random_), [this, question, event] { hear(question, event); });
  };
  AgentHost& agent = *world_.agent(node);
  const router::Ask ask = question->ask;
  const TimePoint sent = question->sent;
  if (!agent.process().is_alive()) {
    if (world_.machine_runs(node)) back(silence(ask, sent, router::Silence::refused));
    return;
  }
  agent.process().after(0us, [this, ask, sent, back, &agent] {
    if (ask.kind == router::AskKind::cluster) {
      return agent.read_cluster([ask, sent, back](std::optional<patroni::ClusterMembers> members) {
        back(router::ClusterAnswer{ask.node, sent, std::move(members)});
      });
    }
    if (ask.kind == router::AskKind::config) {
      return back(router::ConfigAnswer{ask.node, sent, Duration(world_.settings().ttl)});
    }
    AgentHost::RestAnswer said =
        agent.answer_check(ask.kind == router::AskKind::master ? "/master" : "/replica");
    router::PollAnswer answer;
    answer.node = ask.node;
    if (world_.mistakes().crosses_answers && random_.chance(1, 100)) {
      answer.node = router::NodeId{static_cast<std::uint32_t>(1 + random_.below(world_.names().size()))};
    }
    answer.asked = ask.kind;
    answer.sent = sent;
    answer.postgres = address_of(ask.node);
    answer.status = said.status;
    answer.body = std::move(said.body);
    back(answer);
  });
}

// An SSLRequest: a postmaster that lives answers it, whatever it does otherwise.
void RouterHost::ask_postgres(const QuestionPtr& question, const std::string& node) {
  const ServerModel& server = *world_.server(node);
  if (!world_.machine_runs(node) || server.is_frozen() || server.hangs()) return;
  if (loses(node, place)) return;
  router::ClusterEvent event = silence(question->ask, question->sent, router::Silence::refused);
  if (server.kind() != ha::ServerKind::stopped) {
    router::PostgresAnswer answer{question->ask.node, question->sent, true};
    answer.postgres = address_of(question->ask.node);
    event = answer;
  }
  process_.after(world_.links().delay(random_), [this, question, event] { hear(question, event); });
}

}  // namespace tamada::simulation
