#include "agent/peers/peer_question.h"

#include <algorithm>
#include <utility>

#include "agent/peers/peer_tls.h"
#include "agent/server/settings/server_files.h"
#include "common/loop/clock.h"

namespace tamada::agent {

namespace {

constexpr http::MessageLimits answer_limits{
    .max_header = std::size_t{16} * 1024, .max_body = std::size_t{512} * 1024, .max_fields = 100};

// No byte was sent, and another address of the same name may do.
bool is_unreachable(const http::Failure& failure) {
  return failure.stage == http::Stage::connecting;
}

http::Request status_request(const http::Url& url, const ApiUser& user) {
  http::Request request;
  request.path = url.path;
  request.query = url.query;
  if (!user.username.empty()) {
    request.headers.add("Authorization", http::basic_credentials(user.username, user.password));
  }
  return request;
}

// The name's addresses, so that libpq need not look it up.
void name_addresses(postgres::Conninfo& server, const std::vector<Address>& addresses) {
  if (addresses.empty() || server["host"].find_first_of(",/") != std::string::npos) return;
  const std::string host = server["host"];
  const std::string port = server["port"];
  server["host"].clear();
  server["port"].clear();
  for (const Address& address : addresses) {
    const char* const comma = server["hostaddr"].empty() ? "" : ",";
    server["hostaddr"] += comma + address.ip();
    server["host"] += comma + host;
    server["port"] += comma + port;
  }
}

}  // namespace

PeerQuestion::PeerQuestion(PeerAccess access, Upstream peer, Then then)
    : access_(std::move(access)),
      peer_(std::move(peer)),
      then_(std::move(then)),
      over_at_(loop::boot_now() + limit),
      deadline_(access_.loop, [this] { finish(std::nullopt); }),
      silence_(access_.loop, [this] { look_for_primary(); }) {
  deadline_.start(limit);
  silence_.start(silence);
  access_.loop.defer([handle = handles_.handle()] {
    if (PeerQuestion* const question = handle.get()) question->begin();
  });
}

Duration PeerQuestion::left() const {
  return std::max<Duration>(over_at_ - loop::boot_now(), 1ms);
}

void PeerQuestion::begin() {
  auto url = http::Url::parse(peer_.api_url);
  if (!url) return rest_is_over();
  url_ = *std::move(url);
  api_name_ = access_.names.find(url_->host, [this](const std::vector<Address>& addresses) {
    addresses_.assign(addresses.rbegin(), addresses.rend());
    ask_next_address();
  });
}

void PeerQuestion::ask_next_address() {
  if (addresses_.empty()) return rest_is_over();
  const Address address = addresses_.back();
  addresses_.pop_back();
  const AgentConfig& config = access_.setup->config;
  http::ClientOptions options;
  options.deadline = left();
  options.connect_timeout = connect_limit;
  options.limits = answer_limits;
  rest_ = std::make_unique<http::ClientRequest>(
      access_.loop, http::Target::of(*url_, address, access_.tls.get()),
      status_request(*url_, peer_user(config.ctl, config.restapi)), options,
      [this](const http::Outcome<http::Response>& answer) { on_rest(answer); });
}

void PeerQuestion::on_rest(const http::Outcome<http::Response>& answer) {
  if (!answer) {
    if (is_unreachable(answer.error())) return ask_next_address();
    return rest_is_over();
  }
  if (answer->status != 200) return rest_is_over();
  const auto report =
      read_peer_report(answer->body, {peer_.name, access_.setup->config.scope, access_.system_identifier});
  if (report) return finish(*report);
  is_stranger_ = report.error().kind == ErrorKind::denied;
  rest_is_over();
}

void PeerQuestion::rest_is_over() {
  is_rest_over_ = true;
  if (is_probe_over_) return finish(std::nullopt);
  look_for_primary();
}

void PeerQuestion::look_for_primary() {
  if (std::exchange(is_probing_, true)) return;
  if (!peer_.is_set()) return on_probe(false, "");
  server_name_ = access_.names.find(
      peer_.host, [this](const std::vector<Address>& addresses) { start_probe(addresses); });
}

void PeerQuestion::start_probe(const std::vector<Address>& addresses) {
  postgres::Conninfo server = member_conninfo(*access_.setup, peer_, LoginAs::superuser);
  name_addresses(server, addresses);
  probe_ = std::make_unique<PeerProbe>(access_.loop, access_.threads, server, left(),
                                       [this](bool is_primary, const std::string& system_identifier) {
                                         on_probe(is_primary, system_identifier);
                                       });
}

void PeerQuestion::on_probe(bool is_primary, const std::string& system_identifier) {
  is_probe_over_ = true;
  // Where somebody else answered, only its system says whose server this is.
  const bool is_known = !access_.system_identifier.empty();
  const bool is_ours = is_known ? system_identifier == access_.system_identifier : !is_stranger_;
  if (is_primary && is_ours) {
    PeerReport report;
    report.status.server = ha::PeerStatus::Server::primary;
    return finish(report);
  }
  if (is_rest_over_) finish(std::nullopt);
}

void PeerQuestion::finish(const std::optional<PeerReport>& report) {
  deadline_.stop();
  silence_.stop();
  const Then then = std::exchange(then_, nullptr);
  if (then) then(report);
}

}  // namespace tamada::agent
