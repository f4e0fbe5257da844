#include "router/shell/leader_key_watch.h"

#include <utility>

#include "router/config/load_router_config.h"
#include "router/shell/tls_options.h"

namespace tamada::router {
namespace {

constexpr std::uint16_t default_port = 2379;

std::string trim_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::string key_path(const std::string& prefix, const std::string& scope, const std::string& name) {
  std::string path;
  for (const char letter : "/" + prefix + "/" + scope + "/" + name) {
    if (letter != '/' || path.empty() || path.back() != '/') path += letter;
  }
  return path;
}

}  // namespace

Result<http::Url> etcd_url(const std::string& text, bool tls) {
  if (text.find("://") != std::string::npos) return http::Url::parse(text);
  const auto host = HostPort::parse(text, default_port);
  if (!host) return tl::make_unexpected(host.error());
  return http::Url::parse((tls ? "https://" : "http://") + host->to_string());
}

std::string leader_key_path(const std::string& prefix, const std::string& scope) {
  return key_path(prefix, scope, "leader");
}

std::string failover_key_path(const std::string& prefix, const std::string& scope) {
  return key_path(prefix, scope, "failover");
}

Result<std::unique_ptr<LeaderKeyWatch>> LeaderKeyWatch::make(loop::Loop& loop, loop::Resolver& resolver,
                                                             loop::SideThread& side, const EtcdConfig& config,
                                                             const std::string& scope, Callbacks callbacks) {
  const bool tls = !config.tls.ca_file.empty() || !config.tls.cert_file.empty();
  std::vector<http::Url> endpoints;
  for (const std::string& host : config.hosts) {
    auto url = etcd_url(host, tls);
    if (!url) return fail(ErrorKind::invalid, "cluster.etcd.hosts: " + url.error().message);
    endpoints.push_back(*std::move(url));
  }
  if (endpoints.empty()) return fail(ErrorKind::invalid, "cluster.etcd.hosts: expected at least one");
  return std::unique_ptr<LeaderKeyWatch>(
      new LeaderKeyWatch(loop, resolver, side, config, std::move(endpoints), scope, std::move(callbacks)));
}

LeaderKeyWatch::LeaderKeyWatch(loop::Loop& loop, loop::Resolver& resolver, loop::SideThread& side,
                               const EtcdConfig& config, std::vector<http::Url> endpoints,
                               const std::string& scope, Callbacks callbacks)
    : loop_(loop),
      resolver_(resolver),
      side_(side),
      config_(config),
      endpoints_(std::move(endpoints)),
      key_(leader_key_path(config.key_prefix, scope)),
      failover_key_(failover_key_path(config.key_prefix, scope)),
      callbacks_(std::move(callbacks)),
      tls_(tls_options(config.tls)) {
  if (config_.password_file.empty()) {
    begin(config_.password);
  } else {
    read_password();
  }
}

LeaderKeyWatch::~LeaderKeyWatch() = default;

EtcdStats LeaderKeyWatch::status() const {
  EtcdStats status;
  status.state = silence_ ? "silent" : as_of_ ? "connected" : "connecting";
  status.leader_key = holder_;
  status.heard = as_of_;
  if (silence_) status.error = silence_->message;
  return status;
}

void LeaderKeyWatch::on_value(const std::string& /*key*/, const std::optional<std::string>& value,
                              std::int64_t /*revision*/, TimePoint as_of) {
  holder_ = value;
  callbacks_.on_key({holder_, as_of});
}

void LeaderKeyWatch::on_fresh(TimePoint as_of) {
  as_of_ = as_of;
  if (silence_) {
    silence_.reset();
    callbacks_.on_fact({"etcd.heard", "", "etcd answers again; the leader key is watched", false});
  }
  callbacks_.on_key({holder_, as_of});
}

void LeaderKeyWatch::on_silence(const Error& why) {
  const bool is_new = !silence_;
  silence_ = why;
  if (is_new) {
    callbacks_.on_fact({"etcd.silent", "", why.message + "; routing goes on by what the nodes say", true});
  }
  if (!config_.password_file.empty()) read_password();
}

void LeaderKeyWatch::begin(const std::string& password) {
  password_ = password;
  failover_.reset();
  watch_.reset();
  etcd::ClientOptions options;
  options.endpoints = endpoints_;
  options.tls = &tls_;
  options.user = config_.username;
  options.password = password;
  client_ = std::make_unique<etcd::Client>(loop_, resolver_, std::move(options));
  // A member that says nothing is noticed after heartbeat + timeout at most.
  etcd::WatchOptions watching;
  watching.heartbeat = config_.heartbeat / 5;
  watching.timeout = config_.heartbeat - watching.heartbeat;
  etcd::WatchListener& listener = *this;  // private base: nobody else may call it
  watch_ = std::make_unique<etcd::Watch>(*client_, key_, watching, listener);
  failover_ = std::make_unique<FailoverKey>(*client_, failover_key_, watching, callbacks_.on_planned);
}

void LeaderKeyWatch::read_password() {
  const auto text = std::make_shared<Result<std::string>>(std::string());
  side_.run([text, path = config_.password_file] { *text = read_small_file(path, 4096); },
            [this, text, alive = std::weak_ptr<int>(alive_)] {
              if (alive.expired()) return;
              if (!*text) {
                if (!silence_) {
                  silence_ = text->error();
                  callbacks_.on_fact(
                      {"etcd.silent", "", "cluster.etcd.password_file: " + text->error().message, true});
                }
              } else if (const std::string password = trim_line_end(**text);
                         watch_ == nullptr || password != password_) {
                begin(password);
              }
            });
}

}  // namespace tamada::router
