#include "agent/control/api/api_host.h"

#include <algorithm>
#include <utility>

#include "agent/control/api/api_settings.h"

namespace tamada::agent {
namespace {

// Both families in one socket; where the kernel has no IPv6, IPv4.
std::vector<std::vector<Address>> all_interfaces(std::uint16_t port) {
  return {{*Address::from_ip("::", port)}, {*Address::from_ip("0.0.0.0", port)}};
}

bool is_everywhere(const std::string& host) {
  return host.empty() || host == "*" || host == "::";
}

}  // namespace

ApiHost::ApiHost(loop::Loop& loop, loop::LoopPoster there, loop::WeakHandle<BackendThere> backend,
                 const ApiLimits& limits, const loop::Resolver::Options& resolver)
    : resolver_(loop, resolver),
      backend_(loop, std::move(there), std::move(backend), limits),
      server_(loop, resolver_, backend_) {}

void ApiHost::configure(const RestApiConfig& config, Configured done) {
  lookup_.cancel();
  if (done_) finish(fail(ErrorKind::closed, "configure the REST API: a newer configuration has come"));
  next_ = config;
  done_ = std::move(done);
  if (in_force_ == config) return finish({});
  // A name that was looked up once is not looked up again: where it listens stays, and so do its connections.
  if (in_force_ && in_force_->listen == config.listen) return use({});
  if (is_everywhere(config.listen.host)) return use(all_interfaces(config.listen.port));
  if (const auto literal = Address::from_ip(config.listen.host, config.listen.port)) return use({{*literal}});
  lookup_ = resolver_.resolve(config.listen.host,
                              [this](const loop::Resolver::Answer& answer) { on_found(answer); });
}

void ApiHost::on_found(const loop::Resolver::Answer& answer) {
  if (!answer) return finish(tl::make_unexpected(answer.error()));
  std::vector<Address> all;
  for (const Address& address : *answer) all.push_back(address.with_port(next_.listen.port));
  std::vector<std::vector<Address>> choices{all};
  // One of them may be of a family that this machine does not have.
  if (all.size() > 1) {
    for (const Address& one : all) choices.push_back({one});
  }
  use(choices);
}

// `choices`: empty: where it listens stays.
void ApiHost::use(const std::vector<std::vector<Address>>& choices) {
  if (auto configured = server_.configure(api_options_of(next_)); !configured) return finish(configured);
  if (choices.empty()) return finish({});
  const Result<void> listens = listen(choices);
  // Its certificate could be read a while ago, so nothing is to be told of this.
  if (!listens && in_force_) static_cast<void>(server_.configure(api_options_of(*in_force_)));
  finish(listens);
}

Result<void> ApiHost::listen(const std::vector<std::vector<Address>>& choices) {
  std::optional<Error> first;
  for (const std::vector<Address>& choice : choices) {
    const Result<void> listens = server_.listen(choice);
    if (listens) return {};
    if (!first) first = listens.error();
  }
  return tl::make_unexpected(*first);
}

void ApiHost::finish(const Result<void>& result) {
  if (result) in_force_ = next_;
  const Configured done = std::exchange(done_, nullptr);
  if (result) return done(server_.addresses());
  done(tl::make_unexpected(result.error()));
}

}  // namespace tamada::agent
