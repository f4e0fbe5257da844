#include "router/poll/leader_key_watch.h"

#include <utility>

#include "common/files/small_file.h"
#include "common/http/tls_client_options.h"
#include "common/patroni/store_keys.h"
#include "router/config/load_router_config.h"

namespace tamada::router {
namespace {

constexpr std::uint16_t default_port = 2379;

}  // namespace

Result<http::Url> etcd_url(const std::string& text, bool tls) {
  if (text.find("://") != std::string::npos) return http::Url::parse(text);
  const auto host = HostPort::parse(text, default_port);
  if (!host) return tl::make_unexpected(host.error());
  return http::Url::parse((tls ? "https://" : "http://") + host->to_string());
}

LeaderKey leader_key(const std::optional<std::string>& value, TimePoint as_of) {
  if (value && value->size() > patroni::name_max) return {std::nullopt, as_of, value->size()};
  return {value, as_of};
}

Result<std::unique_ptr<LeaderKeyWatch>> LeaderKeyWatch::make(loop::Loop& loop, loop::Resolver& resolver,
                                                             loop::SideThread& side, const EtcdConfig& config,
                                                             const std::string& scope, bool was_silent,
                                                             Callbacks callbacks) {
  const bool tls = !config.tls.ca_file.empty() || !config.tls.cert_file.empty();
  std::vector<http::Url> endpoints;
  for (const std::string& host : config.hosts) {
    auto url = etcd_url(host, tls);
    if (!url) return fail(ErrorKind::invalid, "cluster.etcd.hosts: " + url.error().message);
    endpoints.push_back(*std::move(url));
  }
  if (endpoints.empty()) return fail(ErrorKind::invalid, "cluster.etcd.hosts: expected at least one");
  return std::unique_ptr<LeaderKeyWatch>(new LeaderKeyWatch(
      loop, resolver, side, config, std::move(endpoints), scope, was_silent, std::move(callbacks)));
}

LeaderKeyWatch::LeaderKeyWatch(loop::Loop& loop, loop::Resolver& resolver, loop::SideThread& side,
                               const EtcdConfig& config, std::vector<http::Url> endpoints,
                               const std::string& scope, bool was_silent, Callbacks callbacks)
    : side_(side),
      config_(config),
      key_(patroni::key_path(config.key_prefix, scope, "leader")),
      callbacks_(std::move(callbacks)),
      tls_(http::tls_options(config.tls, "cluster.etcd.tls")),
      client_(loop, resolver, client_options(std::move(endpoints))),
      was_silent_(was_silent) {
  tls_.read_aside([&side](auto job, auto then) { side.run(std::move(job), std::move(then)); });
  // A member that says nothing is noticed after heartbeat + timeout at most.
  etcd::WatchOptions watching;
  watching.heartbeat = config_.heartbeat / 5;
  watching.timeout = config_.heartbeat - watching.heartbeat;
  etcd::WatchCallbacks& told = *this;  // private base: nobody else may call it
  watch_.emplace(client_, key_, watching, told);
  failover_.emplace(client_, patroni::key_path(config.key_prefix, scope, "failover"), watching,
                    callbacks_.on_planned);
}

etcd::ClientOptions LeaderKeyWatch::client_options(std::vector<http::Url> endpoints) {
  etcd::ClientOptions options;
  options.endpoints = std::move(endpoints);
  options.tls = &tls_;
  options.credentials.user = config_.username;
  options.credentials.password = config_.password;
  if (!config_.password_file.empty()) {
    options.credentials.read_password = [this](std::function<void(Result<std::string>)> then) {
      read_password(std::move(then));
    };
  }
  return options;
}

LeaderKeyWatch::~LeaderKeyWatch() = default;

EtcdStats LeaderKeyWatch::status() const {
  EtcdStats status;
  status.state = silence_ ? EtcdState::silent : as_of_ ? EtcdState::connected : EtcdState::connecting;
  status.leader_key = told_.lock_holder;
  status.heard = as_of_;
  if (silence_) status.error = silence_->message;
  return status;
}

void LeaderKeyWatch::on_value(const std::string& /*key*/, const std::optional<std::string>& value,
                              std::int64_t /*revision*/, TimePoint as_of) {
  told_ = leader_key(value, as_of);
  callbacks_.on_key(told_);
}

void LeaderKeyWatch::on_fresh(TimePoint as_of) {
  as_of_ = as_of;
  if (is_silent()) {
    silence_.reset();
    was_silent_ = false;
    callbacks_.on_fact({FactKind::etcd_heard, "", "etcd answers again; the leader key is watched", false});
  }
  told_.as_of = as_of;
  callbacks_.on_key(told_);
}

void LeaderKeyWatch::on_silence(const Error& why) {
  if (!silence_) silences_told_.clear();
  silence_ = why;
  const bool is_new = silences_told_.insert(why.kind).second;
  if (is_new) {
    callbacks_.on_fact(
        {FactKind::etcd_silent, "", why.message + "; routing goes on by what the nodes say", true});
  }
}

// The one who asked sees to it that he is still there when the answer comes; this object is not touched then.
void LeaderKeyWatch::read_password(std::function<void(Result<std::string>)> then) {
  const auto password = std::make_shared<Result<std::string>>(std::string());
  side_.run([password, path = config_.password_file] { *password = read_password_file(path); },
            [password, then = std::move(then), path = config_.password_file] {
              if (*password) return then(*password);
              then(fail(password->error().kind, "cluster.etcd.password_file: " + password->error().message));
            });
}

}  // namespace tamada::router
