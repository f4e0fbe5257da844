#include "router/poll/node_poller.h"

#include <algorithm>
#include <utility>

#include "common/http/client_request.h"
#include "common/http/tls_client_options.h"
#include "common/loop/clock.h"
#include "router/poll/poll_answers.h"

namespace tamada::router {

// One ask that is out.
struct NodePoller::Pending {
  AskKind kind{};
  TimePoint asked{};
  Address address;  // where it went; not set: nowhere yet
  std::size_t tries = 0;
  std::shared_ptr<http::TlsContext> tls;  // outlives `rest`
  std::unique_ptr<http::ClientRequest> rest;
  std::unique_ptr<PostgresSearch> search;
  std::unique_ptr<loop::Timer> later;
};

namespace {

// The end points with the address by hand in place of their names.
NodeConfig reached_at(const NodePlace& place) {
  NodeConfig config = place.config;
  if (!place.by_hand.is_set()) return config;
  if (config.api.host == config.postgres.host) config.api.host = place.by_hand.ip();
  config.postgres = {place.by_hand.ip(), place.by_hand.port()};
  return config;
}

}  // namespace

struct NodePoller::Node {
  explicit Node(NodePlace its_place) : place(std::move(its_place)), addresses(reached_at(place)) {}

  NodePlace place;
  NodeAddresses addresses;
  std::string server;  // as the newest answer showed it (server_shown())
  // The newest request to the REST API came to nothing; sessions, or a probe, found no PostgreSQL.
  bool api_failed = false;
  bool postgres_failed = false;
  std::map<AskKind, Pending> pending;
};

namespace {

// A refusal takes no time, so the name's next address can be tried within the same ask.
bool is_quick(ErrorKind kind) {
  return kind == ErrorKind::refused || kind == ErrorKind::unreachable;
}

// A request that has been out for longer may never be answered.
constexpr Duration slow_answer = 500ms;

}  // namespace

NodePoller::NodePoller(loop::Loop& loop, EventLog& log, loop::Resolver& resolver, loop::SideThread& side,
                       OnEvent on_event)
    : loop_(loop),
      log_(log),
      side_(side),
      on_event_(std::move(on_event)),
      names_(
          loop, resolver, [this](const std::string& host) { on_host(host); },
          [this](const std::string& host) { return is_unwell(host); }) {}

NodePoller::~NodePoller() = default;

void NodePoller::configure(const PollerSettings& settings) {
  const bool new_tls = tls_ == nullptr || !(settings.tls == settings_.tls);
  settings_ = settings;
  if (new_tls) {
    tls_ = std::make_shared<http::TlsContext>(http::tls_options(settings.tls, "cluster.api_tls"));
    tls_->read_aside([this](auto job, auto then) { side_.run(std::move(job), std::move(then)); });
  }

  std::set<std::string> hosts;
  std::map<NodeId, std::unique_ptr<Node>> before = std::exchange(nodes_, {});
  std::vector<Node*> moved;
  for (const NodePlace& place : settings.nodes) {
    hosts.insert(place.config.api.host);
    hosts.insert(place.config.postgres.host);
    std::unique_ptr<Node>& node = nodes_[place.id];
    node = std::move(before[place.id]);
    if (node != nullptr && node->place == place) continue;
    auto fresh = std::make_unique<Node>(place);
    if (node != nullptr) {
      // What was asked is still to be answered, by the new end points.
      for (const auto& [kind, pending] : node->pending) {
        fresh->pending[kind].kind = kind;
        fresh->pending[kind].asked = pending.asked;
      }
      moved.push_back(fresh.get());
    }
    node = std::move(fresh);
    for (const std::string& host : {place.config.api.host, place.config.postgres.host}) {
      node->addresses.resolved(host, names_.find(host));
    }
  }
  names_.keep(hosts, settings.resolve_interval);
  for (Node* node : moved) {
    for (auto& [kind, pending] : node->pending) start(*node, pending);
  }
}

void NodePoller::ask(const Ask& ask) {
  const auto found = nodes_.find(ask.node);
  if (found == nodes_.end()) return;
  Node& node = *found->second;
  const auto [pending, is_new] = node.pending.try_emplace(ask.kind);
  if (!is_new) return;
  pending->second.kind = ask.kind;
  pending->second.asked = loop::boot_now();
  start(node, pending->second);
}

std::optional<ApiPlace> NodePoller::api_place(NodeId id) const {
  const auto found = nodes_.find(id);
  if (found == nodes_.end() || !found->second->addresses.api().is_set()) return std::nullopt;
  const NodeConfig& config = found->second->place.config;
  const std::shared_ptr<http::TlsContext> tls = config.api_scheme == "https" ? tls_ : nullptr;
  return ApiPlace{{found->second->addresses.api(), config.api.host, config.api.to_string(), tls.get()}, tls};
}

void NodePoller::session_failed(NodeId id) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  found->second->postgres_failed = true;
  names_.refresh(found->second->place.config.postgres.host);
}

bool NodePoller::is_unwell(const std::string& host) const {
  const TimePoint slow_since = loop::boot_now() - slow_answer;
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
    const Node& node = *entry.second;
    if (node.place.config.api.host == host) {
      const bool waits = std::any_of(node.pending.begin(), node.pending.end(),
                                     [&](const auto& pending) { return pending.second.asked < slow_since; });
      if (node.api_failed || waits) return true;
    }
    return node.place.config.postgres.host == host && node.postgres_failed;
  });
}

void NodePoller::start(Node& node, Pending& pending) {
  pending.later.reset();
  const Duration left = std::max<Duration>(settings_.timeout - (loop::boot_now() - pending.asked), 1ms);
  ++pending.tries;
  if (pending.kind == AskKind::postgres) {
    start_probe(node, pending, left);
  } else {
    start_rest(node, pending, left);
  }
}

void NodePoller::start_rest(Node& node, Pending& pending, Duration left) {
  const NodeConfig& config = node.place.config;
  pending.address = node.addresses.api();
  if (!pending.address.is_set()) {
    names_.refresh(config.api.host);
    answer_later(node, pending, 0s,
                 {{ErrorKind::unresolved, names_.why_none(config.api.host)}, http::Stage::resolving});
    return;
  }
  pending.tls = config.api_scheme == "https" ? tls_ : nullptr;
  const http::Target target{pending.address, config.api.host, config.api.to_string(), pending.tls.get()};
  http::Request request;
  request.path = path_of(pending.kind);
  http::ClientOptions options;
  options.deadline = left;
  pending.rest = std::make_unique<http::ClientRequest>(
      loop_, target, request, options,
      [this, id = node.place.id, kind = pending.kind](const http::Outcome<http::Response>& answer) {
        on_rest(id, kind, answer);
      });
}

void NodePoller::start_probe(Node& node, Pending& pending, Duration left) {
  const NodeConfig& config = node.place.config;
  PostgresSearch::Question question;
  question.places = node.addresses.postgres_places();
  if (question.places.empty()) {
    names_.refresh(config.postgres.host);
    answer_later(node, pending, 0s, {{ErrorKind::unresolved, {}}, http::Stage::resolving});
    return;
  }
  question.deadline = left;
  question.tls = config.api_scheme == "https" ? tls_ : nullptr;
  question.api = {{}, config.api.host, config.api.to_string(), question.tls.get()};
  question.api_port = config.api.port;
  question.server = node.server;
  pending.search = std::make_unique<PostgresSearch>(
      loop_, std::move(question),
      [this, id = node.place.id](const PostgresSearch::Outcome& outcome) { on_search(id, outcome); });
}

void NodePoller::on_search(NodeId id, const PostgresSearch::Outcome& outcome) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  Node& node = *found->second;
  Pending& pending = node.pending.at(AskKind::postgres);
  PostgresAnswer event{id, pending.asked, outcome.answered_at.is_set()};
  node.postgres_failed = !event.answered;
  if (event.answered) {
    const std::string before = node.addresses.postgres().to_string();
    node.addresses.postgres_answered(outcome.answered_at);
    event.postgres = node.addresses.postgres();
    const std::string now = event.postgres.to_string();
    if (now != before) log_address(node, node.place.config.postgres.host, before, now);
  } else {
    const Duration left = settings_.timeout - (loop::boot_now() - pending.asked);
    if (outcome.why->kind == ErrorKind::system && left > 0s) {
      answer_later(node, pending, left, {*outcome.why, http::Stage::connecting});
      return;
    }
    names_.refresh(node.place.config.postgres.host);
    event.asked = outcome.why->kind != ErrorKind::system;
    if (event.asked) event.silence = silence_of(outcome.why->kind);
    event.words = outcome.why->message;
  }
  finish(id, AskKind::postgres, event);
}

void NodePoller::on_rest(NodeId id, AskKind kind, const http::Outcome<http::Response>& answer) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  Node& node = *found->second;
  Pending& pending = node.pending.at(kind);
  const Address tried = pending.address;

  const ClusterEvent event = answer_of({{id, kind}, pending.asked}, answer);
  node.api_failed = !answer;
  if (answer) {
    const bool by_another = node.addresses.api_answered(tried, who_answered(event));
    if (by_another) names_.refresh(node.place.config.api.host);
    const auto* poll = std::get_if<PollAnswer>(&event);
    if (poll != nullptr && poll->body) node.server = server_shown(*poll->body);
    log_move(node, tried);
  } else {
    const Duration left = settings_.timeout - (loop::boot_now() - pending.asked);
    if (answer.error().error.kind == ErrorKind::system && left > 0s) {
      answer_later(node, pending, left, answer.error());
      return;
    }
    node.addresses.api_failed(tried);
    names_.refresh(node.place.config.api.host);
    const bool has_next = !(node.addresses.api() == tried) && pending.tries < node.addresses.api_count();
    log_move(node, tried);
    if (has_next && is_quick(answer.error().error.kind) && left > 0s) {
      start(node, pending);
      return;
    }
  }
  finish(id, kind, event);
}

void NodePoller::answer_later(Node& node, Pending& pending, Duration after, http::Failure why) {
  pending.later = std::make_unique<loop::Timer>(
      loop_, [this, id = node.place.id, kind = pending.kind, why = std::move(why)] {
        const auto found = nodes_.find(id);
        if (found == nodes_.end()) return;
        finish(id, kind,
               answer_of({{id, kind}, found->second->pending.at(kind).asked}, tl::make_unexpected(why)));
      });
  pending.later->start(after);
}

void NodePoller::finish(NodeId id, AskKind kind, const ClusterEvent& event) {
  Node& node = *nodes_.at(id);
  ClusterEvent told = event;
  if (auto* poll = std::get_if<PollAnswer>(&told)) poll->postgres = node.addresses.postgres();
  node.pending.erase(kind);
  on_event_(told);
}

void NodePoller::on_host(const std::string& host) {
  for (auto& [id, node] : nodes_) {
    const Address before = node->addresses.api();
    node->addresses.resolved(host, names_.find(host));
    if (node->addresses.api() == before) continue;
    if (before.is_set()) log_move(*node, before);
    // Requests to an address that had failed before, or never answered, are out for nothing.
    for (auto& [kind, pending] : node->pending) {
      if (kind == AskKind::postgres || pending.rest == nullptr) continue;
      pending.tries = 0;
      start(*node, pending);
    }
  }
}

void NodePoller::log_move(const Node& node, const Address& from) const {
  const Address to = node.addresses.api();
  if (to == from) return;
  log_address(node, node.place.config.api.host, from.ip(), to.ip());
}

void NodePoller::log_address(const Node& node, const std::string& host, const std::string& from,
                             const std::string& to) const {
  log_.write(LogLevel::info, "node.address",
             {{"node", std::string_view(node.place.config.name)},
              {"host", std::string_view(host)},
              {"from", std::string_view(from)},
              {"to", std::string_view(to)}});
}

}  // namespace tamada::router
