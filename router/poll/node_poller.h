// NodePoller: carries out what ClusterView asks for: REST requests and PostgreSQL probes to nodes, at
// addresses that are looked up again and again.
//
// Every ask is answered by one event, at the latest `checks.timeout` after it was made, and never from inside
// ask(). A name without an address is answered at once (Silence::unresolved): nobody waits for a name server.
// Within one ask, the other addresses of a name are tried when one refuses; and when a name moves while a
// request to its old, failing address is out, the request starts anew at the new one. A PostgreSQL that takes
// no connections at one address is looked for at the others (postgres_search.h), and used where it was found.
//
// When it cannot know (out of descriptors, say), it says so no sooner than after `checks.timeout`: a fault of
// ours must not look like a node that said no.
//
// TLS files that were renewed in place are read on the side thread, and used from the next request on.
//
// Loop thread only; all references must outlive it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/http/failure.h"
#include "common/http/message.h"
#include "common/http/target.h"
#include "common/http/tls_context.h"
#include "common/log/event_log.h"
#include "common/loop/loop.h"
#include "common/loop/side_thread.h"
#include "common/loop/timer.h"
#include "common/net/host_names.h"
#include "router/cluster/cluster_events.h"
#include "router/config/router_config.h"
#include "router/poll/node_addresses.h"
#include "router/poll/postgres_search.h"

namespace tamada::router {

// A node to ask; those that are leaving included.
struct NodePlace {
  NodeId id;
  NodeConfig config;
  Address by_hand = {};  // set: where its PostgreSQL is, whatever its name says; its REST API too, where they
                         // share the host. Requests still name the configured host
  bool operator==(const NodePlace&) const = default;
};

// Where a REST API is now.
struct ApiPlace {
  http::Target target;
  std::shared_ptr<http::TlsContext> tls;  // target.tls, to keep as long as the target is used
};

struct PollerSettings {
  std::vector<NodePlace> nodes;
  Duration timeout = 2s;
  Duration resolve_interval = 15s;
  TlsClientConfig tls;
};

class NodePoller {
 public:
  using OnEvent = std::function<void(const ClusterEvent& event)>;

  NodePoller(loop::Loop& loop, EventLog& log, loop::Resolver& resolver, loop::SideThread& side,
             OnEvent on_event);
  ~NodePoller();
  NodePoller(const NodePoller&) = delete;
  NodePoller& operator=(const NodePoller&) = delete;

  // Requests to nodes that are gone are dropped; those to a node whose end points changed start anew.
  void configure(const PollerSettings& settings);

  // Unknown nodes, and an ask of a kind that is out already, are ignored.
  void ask(const Ask& ask);

  // Not set: an unknown node, or no address of it is known.
  [[nodiscard]] std::optional<ApiPlace> api_place(NodeId node) const;

  // A session could not be connected to the node's PostgreSQL, or lost it: its name is looked up now.
  void session_failed(NodeId node);

 private:
  struct Pending;
  struct Node;

  // Sends (again) what `pending` asks for, in what is left of its time.
  void start(Node& node, Pending& pending);
  void start_rest(Node& node, Pending& pending, Duration left);
  void start_probe(Node& node, Pending& pending, Duration left);
  void on_rest(NodeId id, AskKind kind, const http::Outcome<http::Response>& answer);
  void on_search(NodeId id, const PostgresSearch::Outcome& outcome);
  // Of HostNames: a node there does not answer, takes no connections, or lets us wait.
  [[nodiscard]] bool is_unwell(const std::string& host) const;
  // Answers in a later turn, `after` from now.
  void answer_later(Node& node, Pending& pending, Duration after, http::Failure why);
  // The last deed for a pending ask: it is forgotten, then told.
  void finish(NodeId id, AskKind kind, const ClusterEvent& event);

  void on_host(const std::string& host);
  void log_move(const Node& node, const Address& from) const;
  void log_address(const Node& node, const std::string& host, const std::string& from,
                   const std::string& to) const;

  loop::Loop& loop_;
  EventLog& log_;
  loop::SideThread& side_;
  OnEvent on_event_;
  HostNames names_;
  PollerSettings settings_;
  std::shared_ptr<http::TlsContext> tls_;  // shared with requests that are out when it is replaced
  std::map<NodeId, std::unique_ptr<Node>> nodes_;
};

}  // namespace tamada::router
