#include "router/api/stats_ports.h"

#include <algorithm>
#include <utility>

#include "common/http/answers.h"
#include "common/loop/clock.h"
#include "router/api/stats_tls.h"

namespace tamada::router {
namespace {

// A whole state with 60 nodes and 50 fail-overs is some 300 kB; a browser that has not taken the last one is
// not sent another.
constexpr std::size_t stream_queue_max = std::size_t{4} * 1024 * 1024;

// What the servers were made with; a change needs new ones.
bool same_options(const StatsConfig& a, const StatsConfig& b) {
  return a.tls == b.tls && a.max_connections == b.max_connections &&
         a.proxy_protocol_from == b.proxy_protocol_from;
}

}  // namespace

StatsPorts::StatsPorts(loop::Loop& loop, StatsBackend& backend, loop::InheritedSockets* inherited)
    : loop_(loop),
      inherited_(inherited),
      snapshots_(loop, snapshot_fresh, [&backend](auto ready) { backend.snapshot(std::move(ready)); }),
      sessions_(loop, sessions_fresh, [&backend](auto ready) { backend.sessions(std::move(ready)); }),
      api_(loop, backend, snapshots_, sessions_, [this] { return counted(); }),
      sockets_(
          loop, backend, snapshots_, sessions_, [this] { return api_.render_options(); },
          [this](bool all) { clear_counted(all); }, inherited) {}

StatsPorts::~StatsPorts() = default;

const StatsPorts::Bound* StatsPorts::open_at(const HostPort& bind) const {
  const auto found = std::find_if(open_.bound.begin(), open_.bound.end(),
                                  [&](const Bound& one) { return one.bind == bind; });
  return found == open_.bound.end() ? nullptr : &*found;
}

// `port`: ours, once it is known.
std::unique_ptr<http::Server> StatsPorts::make_server(const Set& set,
                                                      const std::shared_ptr<std::uint16_t>& port) {
  http::ServerOptions options;
  options.max_connections = set.config.max_connections;
  options.max_stream_queue = stream_queue_max;
  options.write_timeout = patience;
  http::add_security_headers(options.own_headers);
  options.tls = set.tls.get();
  options.counters = counters_;
  options.proxy_from = set.config.proxy_protocol_from;
  options.proxy_setting = "stats.proxy_protocol_from";
  const bool tls = set.tls != nullptr;
  return std::make_unique<http::Server>(
      loop_, options,
      [this, tls, port](http::Request request, const http::Peer& peer, http::Responder responder) {
        api_.answer(std::move(request), Caller{peer.address, *port, tls}, std::move(responder));
      });
}

Result<void> StatsPorts::open(Set& set, const HostPort& bind, bool same) {
  const Bound* open = open_at(bind);
  if (open != nullptr && same) {
    set.bound.push_back({bind, nullptr, open->foreign});
    return {};
  }
  bool foreign = open != nullptr && open->foreign;
  const auto port = std::make_shared<std::uint16_t>(0);
  auto server = make_server(set, port);
  if (open != nullptr) {
    if (auto shared = server->listen_like(*open->server); !shared) return shared;
  } else {
    const auto address = Address::from_ip(bind.host, bind.port);
    if (!address) return tl::make_unexpected(address.error());
    loop::InheritedSocket given;
    if (inherited_ != nullptr) given = inherited_->take(*address, false);
    foreign = given.foreign;
    auto listening = given.fd.is_open() ? server->listen_on(std::move(given.fd)) : server->listen(*address);
    if (!listening) return listening;
  }
  server->pause();  // nobody is served before commit()
  *port = server->address().port();
  set.bound.push_back({bind, std::move(server), foreign});
  return {};
}

std::vector<Error> StatsPorts::prepare(const StatsConfig& config) {
  std::vector<Error> errors;
  next_ = Set{config, nullptr, {}};
  if (!config.tls.cert_file.empty()) {
    next_.tls = std::make_unique<http::TlsContext>(stats_tls_options(config.tls));
    if (const auto loaded = next_.tls->load(); !loaded) {
      errors.push_back({loaded.error().kind, "stats.tls: " + loaded.error().message});
    }
  }
  for (const HostPort& bind : config.bind) {
    const auto twice = [&](const Bound& one) { return one.bind == bind; };
    if (std::any_of(next_.bound.begin(), next_.bound.end(), twice)) continue;
    if (const auto opened = open(next_, bind, same_options(config, open_.config)); !opened) {
      errors.push_back({opened.error().kind, "stats.bind: " + opened.error().message});
    }
  }
  for (Error& error : sockets_.prepare(config.sockets)) errors.push_back(std::move(error));
  if (!errors.empty()) abandon();
  return errors;
}

void StatsPorts::commit() {
  api_.configure(next_.config);
  for (Bound& bound : next_.bound) {
    if (bound.server != nullptr) {
      bound.server->resume();
      continue;
    }
    const auto same = std::find_if(open_.bound.begin(), open_.bound.end(),
                                   [&](const Bound& one) { return one.bind == bound.bind; });
    bound.server = std::move(same->server);
  }
  // Servers that go on use the context they were made with.
  if (same_options(next_.config, open_.config)) next_.tls = std::move(open_.tls);
  std::erase_if(open_.bound, [](const Bound& bound) { return bound.server == nullptr; });
  open_.bound.clear();
  open_ = std::move(next_);
  next_ = {};
  sockets_.commit();
}

void StatsPorts::abandon() {
  sockets_.abandon();
  next_.bound.clear();
  next_ = {};
}

Result<std::vector<StatsPorts::Shared>> StatsPorts::share() const {
  std::vector<Shared> all;
  for (const Bound& bound : open_.bound) {
    auto socket = bound.server->share();
    if (!socket) return tl::make_unexpected(socket.error());
    all.push_back({bound.server->address().to_string(), std::move(*socket), true, bound.foreign});
  }
  for (const auto& listener : sockets_.listeners()) {
    auto socket = listener->share();
    if (!socket) return tl::make_unexpected(socket.error());
    const StatsSocket& place = listener->place();
    all.push_back({place.path.empty() ? listener->address().to_string() : place.path, std::move(*socket),
                   false, listener->is_foreign()});
  }
  return all;
}

void StatsPorts::leave() {
  for (const auto& listener : sockets_.listeners()) listener->leave();
  static_cast<void>(sockets_.prepare({}));
  sockets_.commit();
  open_.bound.clear();
}

std::vector<Address> StatsPorts::addresses() const {
  std::vector<Address> addresses;
  for (const Bound& bound : open_.bound) addresses.push_back(bound.server->address());
  return addresses;
}

StatsListenerCounters StatsPorts::counted() const {
  const http::ServerCounters& now = *counters_;
  const TimePoint at = loop::boot_now();
  StatsListenerCounters port;
  port.tls = open_.tls != nullptr;
  port.max_connections =
      static_cast<std::uint32_t>(open_.config.max_connections * std::max<std::size_t>(open_.bound.size(), 1));
  port.connections = static_cast<std::uint32_t>(now.connections);
  port.connections_max = static_cast<std::uint32_t>(now.connections_max);
  port.accepted = now.accepted - cleared_.accepted;
  port.rate = now.connection_rate.rate(at);
  port.rate_max = now.connection_rate.max();
  port.requests = now.requests - cleared_.requests;
  port.request_rate = now.request_rate.rate(at);
  port.request_rate_max = now.request_rate.max();
  port.denied = now.denied - cleared_.denied;
  port.bad = now.bad - cleared_.bad;
  port.in_bytes = now.in_bytes - cleared_.in_bytes;
  port.out_bytes = now.out_bytes - cleared_.out_bytes;
  for (std::size_t i = 1; i < now.answers.size(); ++i) {
    port.by[i - 1] = now.answers[i] - cleared_.answers[i];
  }
  return port;
}

// As `clear counters` does with those of the listeners: the maxima begin anew, and with `all` the rest, too.
void StatsPorts::clear_counted(bool all) {
  const TimePoint at = loop::boot_now();
  counters_->connections_max = counters_->connections;
  counters_->connection_rate.clear_max(at);
  counters_->request_rate.clear_max(at);
  if (all) cleared_ = *counters_;
}

}  // namespace tamada::router
