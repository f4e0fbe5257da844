#include "agent/api/api_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/api/access_check.h"
#include "agent/api/answers/read_answers.h"
#include "agent/api/api_tls.h"
#include "common/loop/clock.h"

namespace tamada::agent {
namespace {

bool is_reading(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

Result<void> check_headers(const ExtraHeaders& headers) {
  for (const auto& [name, value] : headers) {
    const bool is_name =
        !name.empty() && name.find_first_of(" :\t") == std::string::npos && http::is_header_safe(name);
    if (is_name && http::is_header_safe(value)) continue;
    return fail(
        ErrorKind::invalid,
        fmt::format(
            "the extra header \"{}\" of the REST API: expected a name without blanks and colons, and a value "
            "in one line",
            name));
  }
  return {};
}

Result<void> check_tls(const std::optional<ApiTls>& tls) {
  if (!tls || tls->verify_client == VerifyClient::none || !tls->client_ca_file.empty()) return {};
  return fail(
      ErrorKind::invalid,
      "the REST API asks its clients for certificates, and no authority says whose are taken; set cafile, or "
      "verify_client to none");
}

Answer starts_up() {
  return text_answer(503, "the agent starts, and knows nothing of this node yet");
}

}  // namespace

ApiServer::ApiServer(loop::Loop& loop, loop::Resolver& resolver, ApiBackend& backend)
    : loop_(loop),
      side_thread_(loop),
      headers_(std::make_shared<http::Headers>()),
      access_list_(loop, resolver),
      queries_(loop, [&backend](SnapshotQuestions::Take then) { backend.query_server(std::move(then)); }),
      readings_(loop, [&backend](SnapshotQuestions::Take then) { backend.read_cluster(std::move(then)); }),
      write_desk_(loop, backend, readings_, options_.reading_timeout),
      counters_(std::make_shared<http::ServerCounters>()) {}

ApiServer::~ApiServer() = default;

Result<void> ApiServer::configure(const ApiOptions& options) {
  for (const ExtraHeaders* headers : {&options.http_extra_headers, &options.https_extra_headers}) {
    if (auto checked = check_headers(*headers); !checked) return checked;
  }
  if (auto checked = check_tls(options.tls); !checked) return checked;
  const bool same_tls = options.tls == options_.tls;
  std::unique_ptr<http::TlsContext> tls;
  if (options.tls && !same_tls) {
    tls = std::make_unique<http::TlsContext>(server_tls_options(*options.tls));
    if (auto loaded = tls->load(); !loaded) return loaded;
    tls->read_aside([this](std::function<void()> job, std::function<void()> then) {
      side_thread_.run(std::move(job), std::move(then));
    });
  }
  options_ = options;
  if (!same_tls) std::swap(tls_, tls);  // the former one goes when nobody looks at it any more
  headers_ = answer_headers();
  access_list_.configure(options_.allowlist, options_.allowlist_include_members);
  write_desk_.set_reading_timeout(options_.reading_timeout);
  for (const Listening& one : listening_) one.server->reconfigure(server_options());
  return {};
}

Result<void> ApiServer::listen(const std::vector<Address>& addresses) {
  std::vector<Listening> fresh;
  for (const Address& address : addresses) {
    const auto same = [&](const Listening& one) { return one.asked == address; };
    if (std::any_of(listening_.begin(), listening_.end(), same)) continue;
    auto server = std::make_unique<http::Server>(
        loop_, server_options(),
        [this](http::Request request, const http::Peer& peer, http::Responder responder) {
          on_request(std::move(request), peer, std::move(responder));
        });
    if (auto listens = server->listen(address); !listens) return listens;
    fresh.push_back({address, std::move(server)});
  }
  std::erase_if(listening_, [&](const Listening& one) {
    return std::find(addresses.begin(), addresses.end(), one.asked) == addresses.end();
  });
  std::move(fresh.begin(), fresh.end(), std::back_inserter(listening_));
  return {};
}

std::vector<Address> ApiServer::addresses() const {
  std::vector<Address> all;
  all.reserve(listening_.size());
  for (const Listening& one : listening_) all.push_back(one.server->address());
  return all;
}

void ApiServer::publish(SnapshotPtr snapshot) {
  const bool other_version = newest_ == nullptr || newest_->version != snapshot->version;
  newest_ = snapshot;
  if (other_version) {
    headers_ = answer_headers();
    for (const Listening& one : listening_) one.server->reconfigure(server_options());
  }
  if (newest_->cluster) access_list_.set_members(newest_->cluster->members);
  write_desk_.publish(std::move(snapshot));
}

std::string ApiServer::tls_problem() const {
  return tls_ == nullptr ? "" : tls_->problem();
}

void ApiServer::on_request(http::Request request, const http::Peer& peer, http::Responder responder) {
  if (newest_ == nullptr) return PendingAnswer(std::move(responder), headers_).send(starts_up());
  if (is_reading(request.method)) return on_read(std::move(request), std::move(responder));
  on_write(request, peer, std::move(responder));
}

void ApiServer::on_read(http::Request request, http::Responder responder) {
  const TimePoint now = loop::boot_now();
  const Needs needs = needs_of(read_page(request.method, request.path), *newest_, now, now);
  if (needs == Needs::nothing) {
    const Answer answer = read_answer({request.method, request.path, request.query, now}, *newest_, now,
                                      options_.primary_means);
    if (answer.content == Content::status_line) return responder.send_status_line(answer.status);
    return responder.send(http_response(answer, *headers_));
  }
  answer_later(std::make_shared<const http::Request>(std::move(request)), now, needs == Needs::new_query,
               PendingAnswer(std::move(responder), headers_));
}

void ApiServer::answer_later(const std::shared_ptr<const http::Request>& request, TimePoint at, bool by_query,
                             const PendingAnswer& pending) {
  const auto answer = [this, request, at, by_query, pending](const SnapshotPtr& asked) {
    // Without a new reading the cluster is not known, whatever was read before.
    NodeSnapshot unknown;
    const NodeSnapshot* snapshot = asked != nullptr ? asked.get() : newest_.get();
    if (asked == nullptr && !by_query) {
      unknown = *newest_;
      unknown.cluster.reset();
      snapshot = &unknown;
    }
    pending.send(read_answer({request->method, request->path, request->query, at}, *snapshot,
                             loop::boot_now(), options_.primary_means));
  };
  if (by_query) {
    queries_.ask(options_.query_timeout, answer);
  } else {
    readings_.ask(options_.reading_timeout, answer);
  }
}

void ApiServer::on_write(const http::Request& request, const http::Peer& peer, http::Responder responder) {
  const PendingAnswer pending(std::move(responder), headers_);
  const auto page = write_page(request.method, request.path);
  if (!page) return pending.send(unsupported(request.method));
  if (const auto refusal = refuse_access(*page, request, peer, options_, access_list_))
    return pending.send(*refusal);
  write_desk_.take(*page, request.headers.has("Content-Length"), request.body, pending);
}

http::ServerOptions ApiServer::server_options() const {
  http::ServerOptions options;
  options.limits.max_body = options_.max_body;
  options.idle_timeout = options_.idle_timeout;
  options.header_timeout = options_.request_timeout;
  options.body_timeout = options_.request_timeout;
  options.max_connections = options_.max_connections;
  options.tls = tls_.get();
  options.own_headers = *headers_;
  options.counters = counters_;
  return options;
}

AnswerHeaders ApiServer::answer_headers() const {
  auto headers = std::make_shared<http::Headers>();
  if (options_.server_tokens == ServerTokens::product_only) headers->add("Server", "Patroni");
  if (options_.server_tokens == ServerTokens::minimal) {
    headers->add("Server", newest_ == nullptr ? "Patroni" : "Patroni/" + newest_->version);
  }
  for (const auto& [name, value] : options_.http_extra_headers) headers->add(name, value);
  if (options_.tls) {
    for (const auto& [name, value] : options_.https_extra_headers) headers->add(name, value);
  }
  return headers;
}

}  // namespace tamada::agent
