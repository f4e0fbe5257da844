#include "tests/simulation/real_etcd/etcd_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/address.h"
#include "common/http/client_request.h"
#include "common/http/target.h"

namespace tamada::simulation {
namespace {

using Ids = std::vector<std::int64_t>;

constexpr std::int64_t no_lease = 987654321;

std::int64_t id_of(const Ids& ids, std::int64_t number) {
  if (number == 0) return 0;
  const auto index = static_cast<std::size_t>(number - 1);
  return index < ids.size() ? ids[index] : no_lease;
}

std::int64_t number_of(const Ids& ids, std::int64_t id) {
  const auto found = std::find(ids.begin(), ids.end(), id);
  return found == ids.end() ? (id == 0 ? 0 : -1) : found - ids.begin() + 1;
}

etcd::PutRequest with_ids(etcd::PutRequest request, const Ids& ids) {
  request.lease = id_of(ids, request.lease);
  return request;
}

std::vector<etcd::Compare> with_ids(std::vector<etcd::Compare> compares, const Ids& ids) {
  for (etcd::Compare& compare : compares) {
    if (compare.target == etcd::Compare::Target::lease) compare.number = id_of(ids, compare.number);
  }
  return compares;
}

etcd::TxnRequest with_ids(etcd::TxnRequest request, const Ids& ids) {
  request.compare = with_ids(std::move(request.compare), ids);
  for (etcd::Operation& operation : request.success) operation.lease = id_of(ids, operation.lease);
  for (etcd::Operation& operation : request.failure) operation.lease = id_of(ids, operation.lease);
  return request;
}

// --- answers as text

std::string words_of(const etcd::KeyValue& kv, const Ids& ids) {
  return fmt::format("{}={} create {} mod {} version {} lease {}", kv.key, kv.value, kv.create_revision,
                     kv.mod_revision, kv.version, number_of(ids, kv.lease));
}

std::string words_of(const std::vector<etcd::KeyValue>& kvs, const Ids& ids) {
  std::string words;
  for (const etcd::KeyValue& kv : kvs) words += "[" + words_of(kv, ids) + "]";
  return words;
}

std::string words_of(const std::vector<etcd::Event>& events, const Ids& ids) {
  std::string words;
  for (const etcd::Event& event : events) {
    words += (event.deleted ? "[gone " : "[put ") + words_of(event.kv, ids) + "]\n";
  }
  return words;
}

std::string words_of(const etcd::RangeReply& reply, const Ids& ids) {
  return words_of(reply.kvs, ids);
}
std::string words_of(const etcd::PutReply&, const Ids&) {
  return "done";
}
std::string words_of(const etcd::TxnReply& reply, const Ids& ids) {
  std::string words = fmt::format("{} removed {}", reply.succeeded ? "held" : "did not hold", reply.removed);
  for (const auto& range : reply.ranges) words += " range " + words_of(range, ids);
  return words;
}
std::string words_of(const etcd::RemoveReply& reply, const Ids&) {
  return fmt::format("{} removed {}", reply.conditions_held ? "held" : "did not hold", reply.removed);
}
std::string words_of(const etcd::LeaseReply& reply, const Ids& ids) {
  return fmt::format("lease {} ttl {}", number_of(ids, reply.id), reply.ttl);
}
std::string words_of(const etcd::RevokeReply& reply, const Ids&) {
  return reply.existed ? "revoked" : "was not there";
}
std::string words_of(const etcd::TimeToLiveReply& reply, const Ids& ids) {
  // Real time passes only in the real one.
  std::string words = fmt::format("lease {} {} granted {}", number_of(ids, reply.id),
                                  reply.ttl < 0 ? "is gone" : "lives", reply.granted_ttl);
  std::vector<std::string> keys = reply.keys;  // in no order that etcd promises
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) words += " " + key;
  return words;
}

template <class Reply>
std::string words_of(const etcd::Outcome<Reply>& outcome, const Ids& ids, std::int64_t terms_apart) {
  if (!outcome) {
    // The client says in front of it whom it has asked.
    const std::string& message = outcome.error().error.message;
    const std::size_t said = message.find("etcd answers");
    return fmt::format("{} fault {} {}", message.substr(said == std::string::npos ? 0 : said),
                       static_cast<int>(outcome.error().fault),
                       outcome.error().may_have_run ? "may have run" : "did not run");
  }
  const etcd::ResponseHeader& header = outcome->header;
  const std::int64_t term =
      header.raft_term == 0 ? 0 : static_cast<std::int64_t>(header.raft_term) + terms_apart;
  return fmt::format("revision {} term {}: {}", header.revision, term, words_of(*outcome, ids));
}

EtcdModelOptions model_options() {
  EtcdModelOptions options;
  options.members = 1;
  options.election_timeout = 500ms;  // EtcdProcess's
  return options;
}

constexpr EtcdRoute here{};

}  // namespace

EtcdPair::EtcdPair() : model_(scheduler_, Random(1), model_options()) {
  etcd::ClientOptions options;
  options.endpoints = {etcd_.url()};
  options.deadline = 20s;
  client_ = std::make_unique<etcd::Client>(loop, resolver, std::move(options));
  range({"", etcd::Scope::prefix, false});
}

template <class Reply>
etcd::Outcome<Reply> EtcdPair::play(const std::function<void(EtcdModel::Callback<Reply>)>& ask) {
  std::optional<etcd::Outcome<Reply>> answer;
  ask([&](etcd::Outcome<Reply> outcome) { answer = std::move(outcome); });
  CHECK_FALSE(answer);
  scheduler_.run_for(0s);
  REQUIRE(answer);
  return *answer;
}

template <class Reply>
void EtcdPair::compare(const char* what, const etcd::Outcome<Reply>& real,
                       const etcd::Outcome<Reply>& model) {
  ++compared_;
  if (real && model && !terms_apart_) {
    terms_apart_ = static_cast<std::int64_t>(real->header.raft_term) -
                   static_cast<std::int64_t>(model->header.raft_term);
  }
  INFO("request " << compared_ << ", " << what);
  REQUIRE(words_of(real, real_leases_, 0) == words_of(model, model_leases_, terms_apart_.value_or(0)));
}

http::Response EtcdPair::post(const std::string& path, const std::string& body) {
  http::Request request;
  request.method = "POST";
  request.path = path;
  request.headers.add("Content-Type", "application/json");
  request.body = body;
  std::optional<http::Outcome<http::Response>> answer;
  const http::ClientRequest asked(
      loop, http::Target::of(etcd_.url(), loop::loopback(), nullptr), request, {20s, 0s, {}},
      [&](http::Outcome<http::Response> outcome) { answer = std::move(outcome); });
  REQUIRE(run_until([&] { return answer.has_value(); }, 30s));
  REQUIRE(*answer);
  return **answer;
}

template <class Reply>
etcd::Outcome<Reply> EtcdPair::post(const std::string& path, const std::string& body,
                                    Result<Reply> (*decode)(std::string_view)) {
  const http::Response answer = post(path, body);
  if (answer.status == 200) return decode(answer.body).value();
  const etcd::RpcError error = etcd::decode_error(answer.status, answer.body);
  return tl::make_unexpected(etcd::Failure{error.to_error(), error.fault(), error.may_have_run()});
}

std::vector<etcd::KeyValue> EtcdPair::range(const etcd::RangeRequest& request) {
  const auto real = run<etcd::RangeReply>([&](auto done) { return client_->range(request, done); });
  const auto model = play<etcd::RangeReply>([&](auto done) { model_.range(here, request, done); });
  compare("range", real, model);
  return model ? model->kvs : std::vector<etcd::KeyValue>{};
}

void EtcdPair::put(const etcd::PutRequest& request) {
  const auto real =
      post<etcd::PutReply>("/v3/kv/put", etcd::encode(with_ids(request, real_leases_)), etcd::decode_put);
  const auto model =
      play<etcd::PutReply>([&](auto done) { model_.put(here, with_ids(request, model_leases_), done); });
  compare("put", real, model);
}

void EtcdPair::txn(const etcd::TxnRequest& request) {
  const auto real =
      run<etcd::TxnReply>([&](auto done) { return client_->txn(with_ids(request, real_leases_), done); });
  const auto model =
      play<etcd::TxnReply>([&](auto done) { model_.txn(here, with_ids(request, model_leases_), done); });
  compare("txn", real, model);
}

void EtcdPair::remove(const etcd::RemoveRequest& request) {
  const auto asked = [&](const Ids& ids) {
    return etcd::RemoveRequest{request.key, request.scope, with_ids(request.conditions, ids)};
  };
  const auto real =
      run<etcd::RemoveReply>([&](auto done) { return client_->remove(asked(real_leases_), done); });
  const auto model =
      play<etcd::RemoveReply>([&](auto done) { model_.remove(here, asked(model_leases_), done); });
  compare("remove", real, model);
}

void EtcdPair::grant(std::int64_t ttl) {
  const auto real =
      post<etcd::LeaseReply>("/v3/lease/grant", etcd::encode_lease_grant(ttl), etcd::decode_lease);
  const auto model = play<etcd::LeaseReply>([&](auto done) { model_.lease_grant(here, ttl, done); });
  if (real && model) {
    real_leases_.push_back(real->id);
    model_leases_.push_back(model->id);
  }
  compare("grant", real, model);
}

void EtcdPair::keep_alive(std::int64_t lease) {
  const auto real = run<etcd::LeaseReply>(
      [&](auto done) { return client_->lease_keepalive(id_of(real_leases_, lease), done); });
  const auto model = play<etcd::LeaseReply>(
      [&](auto done) { model_.lease_keepalive(here, id_of(model_leases_, lease), done); });
  compare("keep-alive", real, model);
}

void EtcdPair::revoke(std::int64_t lease) {
  const auto real = run<etcd::RevokeReply>(
      [&](auto done) { return client_->lease_revoke(id_of(real_leases_, lease), done); });
  const auto model = play<etcd::RevokeReply>(
      [&](auto done) { model_.lease_revoke(here, id_of(model_leases_, lease), done); });
  compare("revoke", real, model);
}

void EtcdPair::time_to_live(std::int64_t lease) {
  const auto real = run<etcd::TimeToLiveReply>(
      [&](auto done) { return client_->time_to_live(id_of(real_leases_, lease), true, done); });
  const auto model = play<etcd::TimeToLiveReply>(
      [&](auto done) { model_.time_to_live(here, id_of(model_leases_, lease), true, done); });
  compare("time to live", real, model);
}

void EtcdPair::compact(std::int64_t revision) {
  const auto real = post<etcd::PutReply>("/v3/kv/compaction", fmt::format(R"({{"revision":"{}"}})", revision),
                                         etcd::decode_put);
  const auto model = play<etcd::PutReply>([&](auto done) { model_.compact(here, revision, done); });
  compare("compaction", real, model);
}

void EtcdPair::set_full(bool full) {
  const http::Response answer =
      post("/v3/maintenance/alarm", full ? R"({"action":"ACTIVATE","alarm":"NOSPACE"})"
                                         : R"({"action":"DEACTIVATE","alarm":"NOSPACE"})");
  REQUIRE(answer.status == 200);
  model_.set_full(full);
}

void EtcdPair::let_end(std::int64_t lease) {
  const std::int64_t id = id_of(real_leases_, lease);
  REQUIRE(run_until(
      [&] {
        const auto left =
            run<etcd::TimeToLiveReply>([&](auto done) { return client_->time_to_live(id, false, done); });
        return left && left->ttl == -1;
      },
      30s));
  const TimePoint limit = scheduler_.now() + 10s;
  while (model_.store().leases().count(id_of(model_leases_, lease)) > 0 && scheduler_.now() < limit) {
    scheduler_.run_for(100ms);
  }
  time_to_live(lease);
}

void EtcdPair::restart() {
  etcd_.kill(SIGKILL);
  for (const auto& watched : watches_) REQUIRE(run_until([&] { return watched->real->ended(); }));
  etcd_.start();
  REQUIRE(run_until(
      [&] {
        return run<etcd::RangeReply>([&](auto done) {
                 return client_->range({"/a", {}, false}, done);
               })
            .has_value();
      },
      30s));
  model_.kill(0);
  model_.start(0);
  scheduler_.run_for(2s);
  REQUIRE(model_.is_serving());
  for (const auto& watched : watches_) CHECK((watched->broken || watched->compact_revision > 0));
  watches_.clear();
  // How far an election counts the term on is not told by anybody.
  terms_apart_.reset();
}

void EtcdPair::watch(const std::string& key, etcd::Scope scope, std::int64_t start_revision) {
  put({"/probe", "", 0});
  const std::int64_t probed = model_.store().revision();
  auto watched = std::make_unique<Watched>();
  watched->real = std::make_unique<RealWatch>(loop, http::Target::of(etcd_.url(), loop::loopback(), nullptr),
                                              key, scope, start_revision);
  model_.watch(here, key, scope, start_revision,
               {[told = watched.get()](const etcd::WatchMessage& message) {
                  if (message.created) told->created_revision = message.header.revision;
                  if (message.canceled) told->compact_revision = message.compact_revision;
                  told->events.insert(told->events.end(), message.events.begin(), message.events.end());
                },
                [told = watched.get()] { told->broken = true; }});
  scheduler_.run_for(0s);
  watched->words = fmt::format("watch of {}{} from {}, opened at {}, compacted {}", key,
                               scope == etcd::Scope::prefix ? "*" : "", start_revision,
                               model_.store().revision(), model_.store().compacted());
  watches_.push_back(std::move(watched));
  compare_watches();
  // Etcd catches watches up every 100 ms, and one that has not caught up yet would be ended by a compaction. A second
  // one that is told something was caught up later, or together with it.
  const RealWatch probe(loop, http::Target::of(etcd_.url(), loop::loopback(), nullptr), "/probe",
                        etcd::Scope::key, probed);
  REQUIRE(run_until([&] { return !probe.events().empty(); }));
}

bool EtcdPair::is_settled(const Watched& watched) const {
  return watched.real->created() && watched.real->events().size() >= watched.events.size() &&
         (watched.compact_revision == 0 || watched.real->compact_revision() > 0);
}

void EtcdPair::compare_watches() {
  for (const auto& watched : watches_) {
    INFO(watched->words);
    (void)run_until([&] { return is_settled(*watched); });
    CHECK(watched->real->created_revision() == watched->created_revision);
    CHECK(watched->real->compact_revision() == watched->compact_revision);
    REQUIRE(words_of(watched->real->events(), real_leases_) == words_of(watched->events, model_leases_));
  }
}

}  // namespace tamada::simulation
