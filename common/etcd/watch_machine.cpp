#include "common/etcd/watch_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/etcd/codec.h"
#include "common/loop/clock.h"

namespace tamada::etcd {
namespace {

constexpr std::size_t max_message = std::size_t{16} << 20;
constexpr std::size_t max_refusal = 4096;
// How often a heartbeat may be ahead of the stream before the stream counts as dead.
constexpr int heartbeats_until_dead = 2;

}  // namespace

Watch::Machine::Machine(Fleet& fleet, std::string key, const WatchOptions& options, WatchCallbacks& callbacks)
    : fleet_(fleet),
      key_(std::move(key)),
      options_(options),
      callbacks_(callbacks),
      index_(fleet.preferred()),
      backoff_(options.min_backoff, options.max_backoff, fleet.random_seed()),
      timer_(fleet.loop(),
             [this] {
               if (state_ == State::standing) return heartbeat();
               if (state_ == State::waiting) return begin();
               fail({ErrorKind::timeout, fmt::format("etcd {}: the watch was not created within {} ms",
                                                     member().words(), to_ms(options_.timeout))});
             }),
      splitter_(max_message) {
  begin();
}

void Watch::Machine::poke() {
  if (state_ == State::waiting) return timer_.start(0s);
  if (state_ == State::standing) heartbeat();
}

// --- one try

void Watch::Machine::begin() {
  state_ = State::ranging;
  member_ = &fleet_.member(index_);
  ask_range(&Machine::on_first_range);
}

void Watch::Machine::ask_range(void (Machine::*then)(const RangeReply&)) {
  const RangeRequest request{key_, options_.scope, false};
  range_.emplace(fleet_, member(), "/kv/range", encode(request), options_.timeout,
                 [this, then](tl::expected<MemberAnswer, MemberFailure> answer) {
                   range_.reset();
                   if (!answer) return fail(answer.error().failure.error);
                   auto reply = decode_range(answer->body);
                   if (!reply) {
                     return fail({reply.error().kind,
                                  fmt::format("etcd {}: {}", member().words(), reply.error().message)});
                   }
                   reply->as_of = answer->as_of;
                   if (const auto fresh = fleet_.check(reply->header, member()); !fresh)
                     return fail(fresh.error());
                   (this->*then)(*reply);
                 });
}

void Watch::Machine::on_first_range(const RangeReply& reply) {
  first_ = reply;
  open_stream();
}

void Watch::Machine::open_stream() {
  state_ = State::opening;
  splitter_ = JsonSplitter(max_message);
  stream_status_ = 0;
  refusal_.clear();
  // The range has just been answered by this address, with this prefix and token.
  http::Request request;
  request.method = "POST";
  request.path = member().prefix + "/watch";
  request.headers.add("Content-Type", "application/json");
  if (!member().token.empty()) request.headers.add("Authorization", member().token);
  request.body = encode_watch(key_, options_.scope, first_.header.revision + 1);
  const auto target = http::Target::of(member().url, member().address, fleet_.options().tls);
  stream_.emplace(fleet_.loop(), target, request,
                  http::StreamOptions{.head_timeout = options_.timeout, .idle_timeout = 0s, .limits = {}},
                  static_cast<http::StreamRequest::Callbacks&>(*this));
  timer_.start(options_.timeout);
}

void Watch::Machine::on_created() {
  state_ = State::standing;
  silence_told_ = false;
  fleet_.prefer(member());
  base_revision_ = applied_revision_ = first_.header.revision;
  owed_revision_ = 0;
  heartbeats_owed_ = 0;
  heartbeat_again_ = false;
  timer_.start(options_.heartbeat);
  const RangeReply reply = std::exchange(first_, {});
  if (tell_range(reply) && tell_all(reply.header.revision)) (void)tell_fresh(reply.as_of);
}

void Watch::Machine::fail(const Error& why) {
  range_.reset();
  stream_.reset();
  state_ = State::waiting;
  ++failures_;
  ++index_;
  const bool all_failed = failures_ >= fleet_.size();
  timer_.start(all_failed ? backoff_.next() : Duration{});
  if (!all_failed) return;
  // Last: it may destroy this object.
  if (std::exchange(silence_told_, true)) return callbacks_.on_still_silent(why);
  callbacks_.on_silence(why);
}

// --- while it stands

void Watch::Machine::heartbeat() {
  if (range_) {
    heartbeat_again_ = true;
    return;
  }
  heartbeat_again_ = false;
  timer_.stop();
  ask_range(&Machine::on_heartbeat);
}

void Watch::Machine::on_heartbeat(const RangeReply& reply) {
  if (reply.header.revision < base_revision_) {
    return fail({ErrorKind::unavailable,
                 fmt::format("etcd {}: its revision went back from {} to {}: it was restored or built anew",
                             member().words(), base_revision_, reply.header.revision)});
  }
  if (owed_revision_ != 0 && ++heartbeats_owed_ > heartbeats_until_dead) {
    return fail(
        {ErrorKind::unavailable, fmt::format("etcd {}: the watch has not told a change of revision {}",
                                             member().words(), owed_revision_)});
  }
  failures_ = 0;
  backoff_.reset();
  timer_.start(heartbeat_again_ ? Duration{} : options_.heartbeat);
  // A range that was read before the newest event of the stream has nothing to add, but it proves that all
  // that was true when it was asked for has been told.
  if (reply.header.revision >= applied_revision_) {
    const loop::Lifetime::Watch watch(lifetime_);
    if (!tell_range(reply) || watch.is_over()) return;
    applied_revision_ = reply.header.revision;
    if (!tell_all(applied_revision_)) return;
  }
  (void)tell_fresh(reply.as_of);
}

void Watch::Machine::on_message(const WatchMessage& message) {
  if (const auto fresh = fleet_.check(message.header, member()); !fresh) return fail(fresh.error());
  if (message.canceled) {
    // Compacted meanwhile, or a token that is not valid any more: a new range and a new watch mend both.
    forget_login();
    const std::string reason =
        message.compact_revision > 0
            ? fmt::format("revisions before {} were compacted", message.compact_revision)
            : message.cancel_reason;
    return fail({ErrorKind::unavailable, fmt::format("etcd {}: the watch was cancelled: {}", member().words(),
                                                     reason.empty() ? "no reason given" : reason)});
  }
  if (message.created && state_ == State::opening) {
    const loop::Lifetime::Watch watch(lifetime_);
    on_created();
    if (watch.is_over()) return;
  }
  if (state_ != State::standing || message.events.empty()) return;
  // One revision may hold several keys: what is known is compared with where this message began.
  const std::int64_t known = applied_revision_;
  for (const Event& event : message.events) {
    const std::int64_t revision = event.kv.mod_revision;
    if (owed_revision_ != 0 && revision >= owed_revision_) owed_revision_ = 0;
    if (revision <= known) continue;
    applied_revision_ = std::max(applied_revision_, revision);
    if (!tell(event.kv, event.deleted, revision, as_of_)) return;
  }
  if (!tell_all(applied_revision_)) return;
  heartbeat();
}

void Watch::Machine::on_stream_head(const http::Response& head) {
  stream_status_ = head.status;
}

void Watch::Machine::on_stream_bytes(std::string_view bytes) {
  if (stream_status_ != 200) {
    refusal_ += bytes.substr(0, max_refusal - std::min(max_refusal, refusal_.size()));
    return;
  }
  std::vector<std::string> objects;
  if (const auto split = splitter_.feed(bytes, objects); !split) {
    return fail(
        {split.error().kind, fmt::format("etcd {}: watch: {}", member().words(), split.error().message)});
  }
  const loop::Lifetime::Watch watch(lifetime_);
  for (const std::string& object : objects) {
    const auto message = decode_watch(object);
    if (!message) {
      forget_login();  // it may be what was refused
      return fail({message.error().kind,
                   fmt::format("etcd {}: watch: {}", member().words(), message.error().message)});
    }
    on_message(*message);
    if (watch.is_over() || !stream_) return;
  }
}

void Watch::Machine::on_stream_end(http::Outcome<void> outcome) {
  if (!outcome) {
    const Error& why = outcome.error().error;
    return fail({why.kind, fmt::format("etcd: {}", why.message)});
  }
  if (stream_status_ == 200) {
    return fail({ErrorKind::closed, fmt::format("etcd {}: it ended the watch", member().words())});
  }
  const RpcError rpc = decode_error(stream_status_, refusal_);
  if (rpc.fault() == RpcFault::not_logged_in) forget_login();
  if (rpc.fault() == RpcFault::unknown_path) member().prefix.clear();
  const Error error = rpc.to_error();
  fail({error.kind, fmt::format("etcd {}: watch: {}", member().words(), error.message)});
}

// --- what the callbacks hears

bool Watch::Machine::tell_range(const RangeReply& reply) {
  const std::int64_t revision = reply.header.revision;
  std::map<std::string, KeyValue> gone = told_;
  for (const KeyValue& kv : reply.kvs) {
    const auto known = gone.extract(kv.key);
    if (!known.empty() && known.mapped() == kv) continue;
    note_owed(kv.mod_revision, revision);
    if (!tell(kv, false, kv.mod_revision, reply.as_of)) return false;
  }
  for (const auto& [key, kv] : gone) {
    note_owed(kv.mod_revision + 1, revision);  // the deletion came some time after
    if (!tell(kv, true, revision, reply.as_of)) return false;
  }
  // The first answer of all: a key that is not there is worth telling.
  if (!anything_told_ && options_.scope == Scope::key && reply.kvs.empty()) {
    KeyValue nothing;
    nothing.key = key_;
    return tell(nothing, true, revision, reply.as_of);
  }
  return true;
}

void Watch::Machine::note_owed(std::int64_t from, std::int64_t seen_at) {
  // The range that the watch began with owes nothing.
  if (seen_at == base_revision_ || owed_revision_ != 0) return;
  owed_revision_ = from;
  heartbeats_owed_ = 0;
}

void Watch::Machine::forget_login() {
  member().token.clear();
  member().auth_off = false;
}

bool Watch::Machine::tell(const KeyValue& kv, bool deleted, std::int64_t revision, TimePoint as_of) {
  const KeyValue copy = kv;  // the callbacks may destroy this object, and kv may lie in it
  if (deleted) {
    told_.erase(copy.key);
  } else {
    told_[copy.key] = copy;
  }
  anything_told_ = true;
  const loop::Lifetime::Watch watch(lifetime_);
  callbacks_.on_key(copy, deleted, revision, as_of);
  return !watch.is_over();
}

bool Watch::Machine::tell_all(std::int64_t revision) {
  const loop::Lifetime::Watch watch(lifetime_);
  callbacks_.on_told(revision);
  return !watch.is_over();
}

bool Watch::Machine::tell_fresh(TimePoint as_of) {
  as_of_ = std::max(as_of_, as_of);
  const loop::Lifetime::Watch watch(lifetime_);
  callbacks_.on_fresh(as_of_);
  return !watch.is_over();
}

}  // namespace tamada::etcd
